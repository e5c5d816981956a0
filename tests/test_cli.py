from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.scripted import Answer
from typer.testing import CliRunner

from runtime_widgets import local
from runtime_widgets.cli import app
from runtime_widgets.client import RuntimeClient
from runtime_widgets.local import LocalAddress, find_or_start

STUBBORN = """
import signal, time
signal.signal(15, signal.SIG_IGN)
print(1, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(folder):
    return lambda *words: CliRunner().invoke(app, list(words))


def test_without_a_word_it_helps(run):
    answer = run()
    for command in ("serve", "status", "stop", "demo"):
        assert command in answer.output


def test_serve_says_in_one_line_of_json_where_it_is(tmp_path):
    command = [sys.executable, "-m", "runtime_widgets", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--data", str(tmp_path), "--host", "127.0.0.1"], stdout=subprocess.PIPE
    )
    try:
        line = process.stdout.readline()
        facts = json.loads(line)
        assert set(facts) == {"url", "token", "instance", "pid"}
        assert facts["pid"] == process.pid
        client = RuntimeClient(LocalAddress.from_json(line.decode()).params())
        assert {b.name for b in client.backends()} >= {"local_exact", "local_noisy"}
        client.close()
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=30)
    assert rest == b""
    assert process.returncode == 0


def serve_for_people(data, *words):
    """Run a server for a moment; what it says, and what its line of Python then sees."""
    command = [sys.executable, "-m", "runtime_widgets", "serve", "--data", str(data), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline().rstrip() for _ in range(6)]
        said = dict(line.split(maxsplit=1) for line in lines[1:])
        names = {}
        exec(said["Connect"], names)  # it is to be true as it stands
        found = [backend.name for backend in names["service"].backends()]
        names["service"].close()
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=30)
    assert rest == ""
    assert process.returncode == 0
    return lines[0], said, found, process.pid


def test_serve_says_to_people_where_it_is_and_how_to_connect(tmp_path):
    first, said, found, pid = serve_for_people(tmp_path, "--device", "name=mine,qubits=3")
    assert "http://127.0.0.1:" in first
    assert said["Devices"] == "mine (3 qubits)"
    assert found == ["mine"]
    assert str(tmp_path) in said["Data"]
    assert str(tmp_path / "token") in said["Token"]
    assert str(pid) in said["Stop"]
    assert (tmp_path / "token").read_text() not in f"{first} {said}"


def test_serve_shows_no_token_that_it_was_given(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_TOKEN", "given-by-somebody")
    first, said, found, _ = serve_for_people(tmp_path)
    assert "local_exact" in found
    assert "given-by-somebody" not in f"{first} {said}"
    assert not (tmp_path / "token").exists()


def test_serve_says_its_defaults_in_its_help(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    told = run("serve", "--help").output
    assert "0, the default, takes a free one" in told
    assert "By default a temporary one" in told


def test_serve_takes_its_token_from_the_environment_and_shows_it_in_no_help(run):
    answer = CliRunner().invoke(app, ["serve", "--help"], env={"RUNTIME_WIDGETS_TOKEN": "sh"})
    assert "RUNTIME_WIDGETS_TOKEN" in answer.output
    assert answer.exit_code == 0


@pytest.mark.parametrize(
    "words",
    [("--host", "0.0.0.0"), ("--device", "name=d,qubits=x"), ("--program", "nonsense")],
)
def test_serve_refuses_what_cannot_be_in_a_sentence(run, tmp_path, words):
    command = [sys.executable, "-m", "runtime_widgets", "serve", "--data", str(tmp_path), *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("runtime-widgets serve: ")


def test_status_and_stop_where_nothing_runs(run):
    answer = run("status")
    assert answer.exit_code == 1
    assert "No embedded runtime" in answer.output
    answer = run("stop")
    assert answer.exit_code == 0
    assert "No embedded runtime" in answer.output


def test_status_and_stop_of_one_that_runs(run):
    address = find_or_start(("--idle-seconds", "20"))
    answer = run("status")
    assert answer.exit_code == 0
    assert address.url in answer.output
    assert address.token not in answer.output
    answer = run("stop")
    assert answer.exit_code == 0
    assert str(address.pid) in answer.output
    assert local.find() is None
    assert not local.is_alive(address.pid)


def test_stop_says_so_where_it_does_not_end(run, folder, scripted, monkeypatch):
    monkeypatch.setattr(local, "STOP_TIMEOUT_S", 0.1)
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            STUBBORN,
        ],
        stdout=subprocess.PIPE,
    )
    try:
        stubborn.stdout.readline()
        scripted.answers(Answer(200, {}))
        folder.mkdir()
        path = folder / "server.json"
        path.touch(mode=0o600)
        facts = {"url": scripted.url, "token": "t", "instance": "i", "pid": stubborn.pid}
        path.write_text(json.dumps(facts))
        answer = run("stop")
        assert answer.exit_code == 1
        assert "not ended yet" in answer.output
    finally:
        stubborn.kill()
        stubborn.communicate(timeout=20)


def test_demo_says_so_where_there_is_no_notebook(run, tmp_path):
    answer = run("demo", str(tmp_path / "none.ipynb"))
    assert answer.exit_code == 2
    assert "checkout" in answer.output


def test_the_command_and_the_module_are_the_same():
    ended = subprocess.run(
        [sys.executable, "-m", "runtime_widgets", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert ended.returncode == 0
    assert "serve" in ended.stdout
