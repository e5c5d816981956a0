from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.embedded import own_programs
from support.scripted import Answer
from support.waiting import until

from runtime_widgets import _local_process, errors, local
from runtime_widgets.client import RuntimeClient
from runtime_widgets.local import LocalAddress, LocalRuntime, find, find_or_start
from runtime_widgets.service import QiskitRuntimeService

# A server that a test starts and loses stops by itself soon.
SOON = ("--idle-seconds", "20")
START = """
import sys
from runtime_widgets.local import find_or_start
address = find_or_start(("--idle-seconds", "20"))
print(address.pid, address.url)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's runtime folder; a server that runs there is ended."""
    path = tmp_path / "home"
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(path))
    yield path
    monkeypatch.undo()
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(path))
    address = find()
    if address is not None:
        local.stop(address)


def announce(folder, mode=0o600, **facts):
    folder.mkdir(mode=0o700, exist_ok=True)
    known = {"url": "http://127.0.0.1:9", "token": "t", "instance": "i", "pid": os.getpid()}
    path = folder / "server.json"
    path.write_text(json.dumps({**known, **facts}))
    path.chmod(mode)
    return path


# one's own runtime


def test_a_runtime_of_one_s_own_runs_in_its_block_and_leaves_nothing():
    with LocalRuntime() as runtime:
        assert runtime.address.url in repr(runtime)
        assert runtime.address.token not in repr(runtime) + repr(runtime.address)
        assert runtime.address.token not in repr(runtime.params())
        data = Path(runtime._temporary.name)
        process = runtime._process
        assert data.is_dir()
    assert process.poll() is not None
    assert not data.exists()
    with pytest.raises(errors.LocalRuntimeError, match="not running"):
        _ = runtime.address
    assert "stopped" in repr(runtime)
    runtime.stop()
    runtime.kill()


def test_a_runtime_goes_on_with_its_data_after_a_crash():
    runtime = own_programs()
    with runtime:
        service = QiskitRuntimeService(params=runtime.params())
        job = service.run("echo", {"say": "kept"}, backend="local_exact")
        job.wait_for_final_state(60)
        service.close()
        with pytest.raises(errors.LocalRuntimeError, match="already"):
            runtime.start()
        runtime.kill()
        runtime.start()
        service = QiskitRuntimeService(params=runtime.params())
        assert service.job(job.job_id()).result(60) == "kept"
        service.close()


def test_a_data_folder_that_is_given_is_kept(tmp_path):
    with LocalRuntime(data=tmp_path / "data"):
        pass
    assert (tmp_path / "data").is_dir()


def test_a_runtime_that_does_not_start_says_why():
    runtime = LocalRuntime(options=("--device", "name=d,qubits=minus"))
    with pytest.raises(errors.LocalRuntimeError, match=r"it ended with 2\.\n.*minus"):
        runtime.start()
    assert runtime._process is None
    assert runtime._temporary is None


def test_a_runtime_that_never_gets_ready_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setattr(_local_process, "START_TIMEOUT_S", 0.2)
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    with pytest.raises(errors.LocalRuntimeError, match="gave no sign"):
        LocalRuntime().start()


def test_two_servers_never_share_a_data_folder(tmp_path):
    with (
        LocalRuntime(data=tmp_path),
        pytest.raises(errors.LocalRuntimeError, match="in use"),
        LocalRuntime(data=tmp_path),
    ):
        pass


# the user's runtime


def test_two_who_start_at_once_get_one_server(folder):
    starting = [
        subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=90)[0].strip() for process in starting]
    assert [process.returncode for process in starting] == [0, 0]
    assert said[0] == said[1]
    pid = int(said[0].split()[0])
    announced = folder / "server.json"
    assert stat.S_IMODE(announced.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # It outlives those who started it, and a third finds it.
    address = find()
    assert address.pid == pid
    assert find_or_start() == address
    # Its log is no place for its token.
    assert address.token not in (folder / "server.log").read_text()
    service = QiskitRuntimeService(channel="local")
    assert service.channel == "local"
    assert {b.name for b in service.backends()} >= {"local_exact", "local_noisy"}
    service.close()
    assert local.stop(address)
    assert not announced.exists()
    assert find() is None


def test_a_server_that_was_killed_is_replaced_by_one_with_the_same_jobs(folder):
    first = find_or_start(SOON)
    client = RuntimeClient(first.params())
    with pytest.raises(errors.IBMApiError):
        client.job_run("{}")
    client.close()
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not local.is_alive(first.pid), "the end of the server")
    assert (folder / "server.json").exists()
    assert find() is None
    second = find_or_start(SOON)
    assert second.pid != first.pid
    assert second.token == first.token
    assert (folder / "data").is_dir()


def test_a_stale_file_of_a_process_that_died_is_not_believed_and_its_token_not_sent(
    folder, scripted
):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    scripted.answers(Answer(200, {"usage_consumed_seconds": 0}))
    announce(folder, url=scripted.url, pid=ended.pid)
    assert find() is None
    assert scripted.seen == []


@pytest.mark.parametrize("answer", [Answer(401), Answer(404), Answer(200, b"hello"), Answer(500)])
def test_another_server_on_that_port_is_not_believed(folder, scripted, answer):
    scripted.answers(answer)
    announce(folder, url=scripted.url)
    assert find() is None
    assert len(scripted.seen) == 1


def test_nobody_on_that_port_is_noticed(folder):
    announce(folder)
    assert find() is None


def test_a_server_that_answers_is_believed(folder, scripted):
    scripted.answers(Answer(200, {"usage_consumed_seconds": 0}))
    announce(folder, url=scripted.url)
    assert find() == LocalAddress(scripted.url, "t", "i", os.getpid())


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_file_that_others_can_read_is_not_believed(folder, scripted, mode):
    scripted.answers(Answer(200, {}))
    announce(folder, mode, url=scripted.url)
    assert find() is None
    assert scripted.seen == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        "null",
        '{"url": "u"}',
        '{"url": "http://h", "token": "t", "instance": "i", "pid": "x"}',
        '{"url": "http://h", "token": "t", "instance": "i", "pid": 0}',
        '{"url": "http://h", "token": "t", "instance": "i", "pid": -1}',
        '{"url": "http://h", "token": "t", "instance": "i", "pid": 1e99}',
        '{"url": "file:///etc", "token": "t", "instance": "i", "pid": 77}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_garbage_is_not_believed(folder, text):
    path = announce(folder)
    path.write_text(text)
    assert find() is None


def test_there_is_none_before_one_was_started(folder):
    assert find() is None
    assert folder.is_dir()


def test_a_start_that_fails_shows_the_end_of_the_log(folder):
    with pytest.raises(errors.LocalRuntimeError, match=r"ended with 2\.\n.*minus"):
        find_or_start(("--device", "name=d,qubits=minus"))


def test_a_start_that_takes_too_long_is_given_up(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(local, "START_TIMEOUT_S", 0.2)
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(3)\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    with pytest.raises(errors.LocalRuntimeError, match="gave no sign"):
        find_or_start()


@pytest.mark.parametrize("given", ["missing", "open to all"])
def test_a_runtime_folder_that_will_not_do_is_replaced_without_a_word(tmp_path, monkeypatch, given):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    shared.chmod(0o777)
    monkeypatch.delenv("RUNTIME_WIDGETS_LOCAL_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(shared if given == "open to all" else tmp_path / "x"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    home = local.home()
    assert home.is_relative_to(tmp_path / "state")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_server_is_found_when_the_runtime_folder_was_swept_away(folder):
    first = find_or_start(SOON)
    (folder / "server.json").unlink()
    assert find_or_start(SOON) == first


def test_a_folder_of_somebody_else_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    with pytest.raises(errors.LocalRuntimeError, match="another user"):
        local.home()


OWNER = """
import sys
from runtime_widgets.local_runtime import LocalRuntime
print(LocalRuntime().start().address.pid, flush=True)
sys.stdin.read()
"""


def test_a_runtime_of_ones_own_ends_with_a_program_that_is_killed():
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert _local_process.is_alive(pid)
        owner.kill()
        owner.wait()
        until(lambda: not _local_process.is_alive(pid), "the end of the server")
