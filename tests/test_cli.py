from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import subprocess
import sys

import pytest
import typer
from support.certificates import make_certificate
from support.scripted import Answer
from typer.testing import CliRunner

from runtime_widgets import __version__, local
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
    assert "RUNTIME_WIDGETS_TOKEN" in said["Token"]
    assert not (tmp_path / "token").exists()


def test_the_line_of_python_asks_for_a_token_that_came_by_option(tmp_path, monkeypatch):
    monkeypatch.delenv("RUNTIME_WIDGETS_TOKEN", raising=False)
    token = "given by somebody"
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: token)
    first, said, found, _ = serve_for_people(tmp_path, "--token", token)
    assert "local_exact" in found
    assert "given by somebody" not in f"{first} {said}"
    assert "the notebook asks for it" in said["Token"]


@pytest.mark.parametrize(
    "words", [(), ("serve",), ("status",), ("stop",), ("demo",), ("jobs",), ("jobs", "prune")]
)
def test_help_in_a_narrow_terminal_names_all_options_and_no_values_of_flags(
    run, words, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    told = run(*words, "--help").output
    shown = [param for param in command.params if not getattr(param, "hidden", False)]
    names = ["--help", *(name for param in shown for name in param.opts)]
    assert [name for name in names if name.startswith("--") and f" {name}" not in told] == []
    for nonsense in ("…", "<bool>", "list[", "─"):
        assert nonsense not in told
    assert max(map(len, told.splitlines())) <= 80


def test_the_version_is_told(run):
    answer = run("--version")
    assert (answer.exit_code, answer.output) == (0, f"runtime-widgets {__version__}\n")


def test_serve_says_its_defaults_in_its_help(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    told = " ".join(run("serve", "--help").output.split())
    assert "0, the default, takes a free one" in told
    assert "By default a temporary one" in told


def test_serve_takes_its_token_from_the_environment_and_shows_it_in_no_help(run):
    answer = CliRunner().invoke(app, ["serve", "--help"], env={"RUNTIME_WIDGETS_TOKEN": "sh"})
    assert "RUNTIME_WIDGETS_TOKEN" in answer.output
    assert answer.exit_code == 0


IMPOSSIBLE = {
    ("--host", "0.0.0.0"): "--allow-remote",
    ("--host", ""): "--host is empty",
    # Too long for a name: nobody is asked for it.
    ("--host", "x" * 70, "--allow-remote"): "(--host, --port): ",
    ("--port", "99999"): "--port is 1 to 65535, or 0 for a free one, not 99999",
    ("--port", "-1"): "--port is",
    ("--token", ""): "--token is empty",
    ("--token", " "): "--token is empty",
    ("--token", "secret "): "--token is of ASCII's printable signs, without a space at an end",
    ("--token", "a\nsecret"): "--token is of ASCII's printable signs",
    ("--token", "sécret"): "--token is of ASCII's printable signs",
    ("--instance", "foo"): "--instance is a CRN, such as crn:v1:…::, not 'foo'",
    ("--idle-seconds", "-1"): "--idle-seconds is a number, more than 0, not -1",
    ("--idle-seconds", "0"): "--idle-seconds is a number, more than 0, not 0",
    ("--idle-seconds", "nan"): "--idle-seconds is a number, more than 0, not nan",
    ("--max-body-bytes", "-1"): "--max-body-bytes is a number, 1 or more, not -1",
    ("--post-processing-seconds", "-1"): "--post-processing-seconds is a number, 0 or more",
    ("--usage-limit-seconds", "0"): "--usage-limit-seconds is a number, 1 or more",
    ("--database-url", "nonsense"): "--database-url is no URL of SQLAlchemy's",
    ("--database-url", "foo://user:pass-word@host"): "Can't load plugin",
    ("--database-url", "sqlite://"): "a database in memory",
    ("--database-url", "sqlite:///:memory:"): "a database in memory",
    ("--device", "name=d,qubits=x"): "--device 'name=d,qubits=x': qubits is a whole number",
    ("--device", "name=d,qubits=5.5"): "not '5.5'",
    ("--device", "name=d,qubits=-1"): "qubits is 1 to 1000",
    ("--device", "name=d,qubits=1001"): "qubits is 1 to 1000",
    ("--device", "name=d,seed=x"): "seed is a whole number",
    ("--device", "name=d,kind=eagle,qubits=5"): "the kind eagle has 127 qubits",
    ("--device", "name=d,colour=red"): "there is no colour=; there are name, qubits, kind, seed",
    ("--device", "name=d,qubits=5,qubits=6"): "qubits= comes twice",
    ("--device", "name=a/b"): "it takes a name=, of letters, digits",
    ("--device", "qubits=5"): "it takes a name=",
    ("--device", ""): "it takes a name=",
    ("--program", "nonsense"): "--program 'nonsense': write it as name=module:function",
    ("--program", "x=nomod:foo"): "--program x=nomod:foo: there is no module nomod",
    ("--program", "x=json.nomod:foo"): "there is no module json.nomod",
    ("--program", "x=json:foo"): "the module json has no function foo",
    ("--program", "x=sys:path"): "the module sys has no function path",
    ("--program", "x=os:getpid"): "getpid is to be a function of two: run(params, publish)",
    ("--program", "x=json:dumps", "--program", "x=json:dumps"): "another one of this name",
    ("--tls-certificate", "c.pem"): "--tls-key",
    ("--tls-certificate", "no.pem", "--tls-key", "no.pem"): "--tls-certificate no.pem cannot be",
}


@pytest.mark.parametrize(("words", "said"), IMPOSSIBLE.items(), ids=map(" ".join, IMPOSSIBLE))
def test_serve_refuses_what_cannot_be_in_a_sentence(run, tmp_path, words, said):
    answer = run("serve", "--data", str(tmp_path / "data"), *words)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("runtime-widgets serve: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.endswith(".\n")
    assert said in answer.stderr
    assert "pass-word" not in answer.stderr
    assert "secret" not in answer.stderr


def test_serve_refuses_a_folder_that_cannot_be_made_or_written(run, tmp_path):
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        answer = run("serve", "--data", str(folder))
        assert answer.exit_code == 2
        assert answer.stderr.startswith(f"runtime-widgets serve: --data {folder}: this folder ")
        assert answer.stderr.count("\n") == 1


def test_serve_refuses_a_database_that_is_none(run, tmp_path):
    (tmp_path / "runtime.sqlite3").write_text("this is no database at all, but some text")
    answer = run("serve", "--data", str(tmp_path))
    assert answer.exit_code == 2
    assert "cannot be used: file is not a database.\n" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_serve_says_that_a_port_is_taken(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        answer = run("serve", "--port", port)
    assert answer.exit_code == 2
    why = os.strerror(errno.EADDRINUSE)
    assert f"Cannot listen on 127.0.0.1:{port} (--host, --port): {why}.\n" in answer.stderr


def test_serve_refuses_files_that_are_no_pem(run, tmp_path, monkeypatch):
    certificate, key = make_certificate(tmp_path)
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"\x00\xff")
    for files, said in (
        ((nonsense, key), f"--tls-certificate {nonsense} is no file in PEM form."),
        ((certificate, nonsense), f"--tls-key {nonsense} is no file in PEM form."),
        ((certificate, tmp_path), f"--tls-key {tmp_path} cannot be read: "),
        ((key, key), "are no certificate and its key"),
    ):
        answer = run("serve", "--tls-certificate", str(files[0]), "--tls-key", str(files[1]))
        assert answer.exit_code == 2
        assert said in answer.stderr
        assert answer.stderr.count("\n") == 1


def test_serve_asks_nobody_for_a_passphrase(tmp_path):
    certificate, key = make_certificate(tmp_path)
    words = ["--tls-certificate", str(certificate), "--tls-key", str(with_a_passphrase(key))]
    ours, theirs = os.pipe()  # who waits for an answer waits for ever
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "runtime_widgets", "serve", *words],
            stdin=ours,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert ended.returncode == 2
    assert "without a passphrase" in ended.stderr
    assert ended.stderr.count("\n") == 1


def with_a_passphrase(key):
    from cryptography.hazmat.primitives import serialization as form

    loaded = form.load_pem_private_key(key.read_bytes(), None)
    path = key.with_name("locked.pem")
    locked = form.BestAvailableEncryption(b"a passphrase")
    kind = form.PrivateFormat.PKCS8
    path.write_bytes(loaded.private_bytes(form.Encoding.PEM, kind, locked))
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_thing", "the module own cannot be imported: No module named"),
        ("1 / 0", "the module own cannot be imported: ZeroDivisionError: division by zero"),
        ("def run(", "the module own cannot be imported: SyntaxError"),
        ("import os; os._exit(0)", "a module of x ends who imports it"),
        ("raise SystemExit", "a module of x ends who imports it"),
        ("print('fine'); import sys; sys.stdout.flush()", "the module own has no function run"),
    ],
)
def test_serve_looks_at_a_program_in_a_process_of_its_own(run, tmp_path, monkeypatch, text, said):
    (tmp_path / "own.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    answer = run("serve", "--program", "x=own:run")
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert "own" not in sys.modules


def test_status_and_stop_where_nothing_runs(run):
    answer = run("status")
    assert answer.exit_code == 1
    assert "No embedded runtime" in answer.output
    answer = run("stop")
    assert answer.exit_code == 0
    assert "No embedded runtime" in answer.output


def test_status_and_stop_of_one_that_runs(run, folder):
    address = find_or_start(("--idle-seconds", "20"))
    answer = run("status")
    assert answer.exit_code == 0
    first, *rest = answer.output.splitlines()
    assert address.url in first
    said = dict(line.split(maxsplit=1) for line in rest)
    assert said["Token"] == f"in the file {folder / 'data' / 'token'}"
    assert (folder / "data" / "token").read_text() == address.token
    assert said["Data"] == str(folder / "data")
    names = {}
    exec(said["Connect"], names)  # it is to be true as it stands
    assert names["service"].client.params.url == address.url
    names["service"].close()
    assert address.token not in answer.output
    answer = run("status", "--json")
    assert (answer.exit_code, answer.output.count("\n")) == (0, 1)
    assert json.loads(answer.output) == {
        "running": True,
        "url": address.url,
        "instance": address.instance,
        "pid": address.pid,
        "data": said["Data"],
        "token_file": str(folder / "data" / "token"),
        "address_file": str(folder / "server.json"),
        "connect": said["Connect"],
    }
    assert address.token not in answer.output
    answer = run("stop")
    assert answer.exit_code == 0
    assert str(address.pid) in answer.output
    assert local.find() is None
    assert not local.is_alive(address.pid)
    answer = run("status", "--json")
    assert (answer.exit_code, json.loads(answer.output)) == (1, {"running": False})


def test_status_names_the_file_of_a_token_that_came_by_the_environment(
    run, folder, scripted, monkeypatch
):
    scripted.answers(Answer(200, {}), Answer(200, {}))
    folder.mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "token").write_text("of another time")
    path = folder / "server.json"
    path.touch(mode=0o600)
    facts = {"url": scripted.url, "token": "by-variable", "instance": "i", "pid": os.getpid()}
    path.write_text(json.dumps(facts))
    answer = run("status")
    assert f'in the file {path}, which is JSON, as "token"' in answer.output
    told = json.loads(run("status", "--json").output)
    assert (told["token_file"], told["address_file"]) == (None, str(path))
    assert "by-variable" not in f"{answer.output} {told}"


@pytest.mark.parametrize("word", ["status", "stop"])
def test_a_folder_that_cannot_be_made_is_a_sentence(run, folder, word):
    folder.write_text("a file where a folder should be")
    answer = run(word)
    assert answer.exit_code == 1
    assert answer.stderr.startswith("runtime-widgets: ")
    assert str(folder) in answer.stderr
    assert answer.stderr.count("\n") == 1


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
