"""The server as a process: announcement, one per data folder, ends of all kinds."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress

import pytest
import requests
from server.support import FINAL, HERE, ROOT, TOKEN, alive, children_of, until

from runtime_widgets.server.main import serve

PYTHONPATH = os.pathsep.join([str(ROOT), str(HERE)])


def test_the_ready_line_says_where_the_server_is(server):
    assert set(server.facts) == {"url", "token", "instance", "pid"}
    assert server.facts["url"].startswith("http://127.0.0.1:")
    assert server.facts["token"] == TOKEN
    assert server.facts["pid"] == server.process.pid


def test_the_announcement_is_private_and_goes_with_the_server(start, tmp_path):
    announce = tmp_path / "folder" / "server.json"
    server = start(announce=str(announce))
    with server:
        assert json.loads(announce.read_text()) == server.facts
        assert stat.S_IMODE(announce.stat().st_mode) == 0o600
        assert [path.name for path in announce.parent.iterdir()] == ["server.json"]
    assert not announce.exists()


def test_the_announcement_of_another_server_is_left_alone(start, tmp_path):
    announce = tmp_path / "server.json"
    with start(announce=str(announce)):
        announce.write_text(json.dumps({"pid": 1}))
    assert announce.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_with_its_workers(start, how):
    server = start().start()
    running = server.submit("sleep", {"seconds": 60})
    server.wait(running, "Running")
    with server.socket("/stream/events"):
        workers = until(lambda: children_of(server.process.pid))
        assert server.stop(how) == 0
    until(lambda: not any(map(alive, workers)), seconds=10)
    assert "Traceback" not in server.log()


def test_workers_end_with_a_server_that_is_killed(start):
    server = start().start()
    server.wait(server.submit("sleep", {"seconds": 60}), "Running")
    workers = until(lambda: children_of(server.process.pid))
    server.kill()
    until(lambda: not any(map(alive, workers)), seconds=10)


def test_a_second_server_on_the_same_data_is_refused(start, server):
    second = start(data=server.data)
    with pytest.raises(AssertionError, match="ended with 3"):
        second.start()
    assert f"by process {server.process.pid}" in second.log()


def test_a_clean_stop_puts_the_running_job_back_without_blame(start):
    first = start()
    with first:
        job_id = first.submit("sleep", {"seconds": 60})
        first.wait(job_id, "Running")
        behind = first.submit("sleep", {})
    with start(data=first.data) as second:
        job = second.wait(job_id, "Running")
        assert job["attempts"] == 1
        assert second.status(behind) == "Queued"
        second.ask("POST", f"/jobs/{job_id}/cancel")
        assert second.wait(behind)["state"]["status"] == "Completed"


def test_the_token_of_a_data_folder_stays(start):
    first = start(token=None)
    with first:
        token = first.facts["token"]
        path = first.data / "token"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(token) > 30
    with start(data=first.data, token=None) as second:
        assert second.facts["token"] == token


def test_what_it_prints_without_json_holds_no_token(start, tmp_path):
    """A server of the user's has its output in a log."""
    announce = tmp_path / "server.json"
    server = start(token=None)
    options = json.loads(server._command[-1])
    options["announce"] = str(announce)
    command = [*server._command[:-1], json.dumps(options)]
    command[2] = command[2].replace("serve(json=True, ", "serve(")
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env={**os.environ, "PYTHONPATH": PYTHONPATH}
        )
    try:
        facts = json.loads(until(lambda: announce.exists() and announce.read_text()))
        address = f"{facts['url']}/api/v1/jobs"
        for token in (facts["token"], "wrong"):
            requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        socket_address = ("127.0.0.1", int(facts["url"].rpartition(":")[2]))
        with socket.create_connection(socket_address) as client:
            client.sendall(f"NONSENSE {facts['token']}\r\n\r\n".encode())
            client.recv(1000)
    finally:
        process.terminate()
        process.wait(30)
    assert facts["token"] == (server.data / "token").read_text()
    assert facts["token"] not in log.read_text()


def test_what_it_makes_is_private(start, tmp_path):
    mask = os.umask(0)
    try:
        server = start(
            data=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/elsewhere/jobs.db"
        )
        with server:
            server.wait(server.submit("sleep"))
            made = [server.data, tmp_path / "elsewhere"]
            assert [stat.S_IMODE(folder.stat().st_mode) for folder in made] == [0o700, 0o700]
            files = [path for folder in made for path in folder.iterdir()]
            assert "jobs.db-wal" in {path.name for path in files}
            assert {path.name for path in files if path.stat().st_mode & 0o077} == set()
    finally:
        os.umask(mask)


def test_it_stops_when_idle_and_not_before(start, tmp_path):
    server = start(idle_seconds=0.6).start()
    release = tmp_path / "release"
    job_id = server.submit("sleep", {"seconds": 60, "release": str(release)})
    server.wait(job_id, "Running")
    with server.socket("/stream/events") as events:
        events.recv(timeout=30)
        release.touch()
        while json.loads(events.recv(timeout=30))["job"]["state"]["status"] not in FINAL:
            pass
        server.session.close()
        with suppress(TimeoutError):
            while True:
                events.recv(timeout=1.5)  # an open socket keeps it
        assert server.process.poll() is None
    assert server.ends() == 0


def test_a_running_job_keeps_it_from_being_idle(start):
    server = start(idle_seconds=0.4).start()
    job_id = server.submit("sleep", {"seconds": 1.5})
    assert server.ends() == 0
    with start(data=server.data) as again:
        assert again.status(job_id) == "Completed"


def test_a_temporary_folder_goes_with_the_server(start, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = start()
    options = json.loads(server._command[-1])
    server._command[-1] = json.dumps({**options, "data": None})
    with server:
        assert server.get("/jobs").json()["count"] == 0
        assert list(tmp_path.glob("runtime-widgets-*"))
    assert not list(tmp_path.glob("runtime-widgets-*"))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"host": "0.0.0.0"}, "loopback"),
        ({"host": "0.0.0.0"}, "--allow-remote"),
        ({"devices": ["qubits=5"]}, "name="),
        ({"devices": ["name=a,kind=real"]}, "kind"),
        ({"devices": ["name=a,qubits=0"]}, "qubits"),
        ({"devices": ["name=a", "name=a"]}, "same name"),
        ({"devices": ["name=a,kind=wide"], "use_aer": False}, "runtime-widgets[aer]"),
        ({"programs": ["broken"]}, "name=module:function"),
        ({"programs": ["x=no_such_module:run"]}, "no_such_module"),
        ({"idle_seconds": -1.0}, "--idle-seconds"),
        ({"port": 65536}, "--port"),
        ({"token": ""}, "--token"),
    ],
    ids=str,
)
def test_arguments_that_cannot_be_are_told(options, word, capsys):
    assert serve(**options) == 2
    assert word in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(server, capsys):
    port = int(server.root.rpartition(":")[2])
    assert serve(port=port) == 2
    assert "Cannot listen" in capsys.readouterr().err


def test_the_database_may_be_elsewhere(start, tmp_path):
    server = start(database_url=f"sqlite:///{tmp_path}/elsewhere.db")
    with server:
        job_id = server.submit("sleep", {})
        server.wait(job_id)
    assert not list(server.data.glob("*.sqlite3*"))
    with start(database_url=f"sqlite:///{tmp_path}/elsewhere.db") as other:
        assert other.status(job_id) == "Completed"


def has_ipv6():
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_other_loopback_address_serves_too(start):
    with start(host="::1") as server:
        assert server.root.startswith("http://[::1]:")
        assert server.get("/backends").status_code == 200


def test_devices_are_declared_by_option(start):
    specs = ["name=tiny,qubits=2", "name=loud,qubits=12,kind=noisy,seed=5"]
    with start(devices=specs) as server:
        devices = server.get("/backends").json()["devices"]
        assert [(d["name"], d["qubits"]) for d in devices] == [("tiny", 2), ("loud", 12)]


def test_the_server_process_does_not_import_qiskit():
    code = "import sys, runtime_widgets.server.runner; print('qiskit' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert found.stdout.strip() == "False"
