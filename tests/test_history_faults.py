"""Whatever becomes of the file, jobs and views go on; and nothing that was kept is lost."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.waiting import until

from runtime_widgets import _history_file, _history_turn, _history_writer
from runtime_widgets import history as history_module
from runtime_widgets._network_folder import is_network
from runtime_widgets.errors import HistoryError
from runtime_widgets.history import History, HistoryEntry

POSIX = os.name == "posix"


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.setattr(_history_file, "_BUSY_S", 0.1)
    history = History(tmp_path / "data" / "history.sqlite3")
    yield history
    history.close()


def entry(job_id="j", status="Queued"):
    return HistoryEntry(job_id, "crn:1", "ibm", "ibm_x", "sampler", status=status)


def warnings(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


# damage


def break_pages(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"this is no database at all, but some other text" * 50),
        break_pages,
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
    ],
    ids=["another file", "pages", "cut off"],
)
def test_a_damaged_file_is_set_aside_with_the_date_and_a_new_one_begun(history, damage, caplog):
    for number in range(200):
        history.add(entry(f"old{number}"))
    history.close()
    damage(history.path)
    before = history.path.read_bytes()
    history.add(entry("new"))
    assert [e.id for e in history.list()] == ["new"]
    (aside,) = history.path.parent.glob("history.damaged-2*.sqlite3")
    assert aside.read_bytes() == before
    assert len(warnings(caplog)) == 1
    assert aside.name in warnings(caplog)[0]
    history.add(entry("newer"))
    assert history.count() == 2
    assert len(warnings(caplog)) == 1


def test_who_only_reads_a_damaged_file_finds_an_empty_history(history, caplog):
    history.path.parent.mkdir()
    history.path.write_bytes(b"no database" * 1000)
    assert history.list() == []
    assert len(warnings(caplog)) == 1


def test_two_that_find_the_same_damage_set_it_aside_once(history, caplog):
    history.path.parent.mkdir()
    history.path.write_bytes(b"no database" * 1000)
    other = History(history.path)
    other.add(entry("other's"))
    other.close()
    # It met the damage before the other one did away with it.
    history._file._set_aside()
    assert [e.id for e in history.list()] == ["other's"]
    assert len(list(history.path.parent.glob("history.damaged*"))) == 1


def test_an_empty_file_is_a_new_one(history, caplog):
    history.path.parent.mkdir()
    history.path.touch()
    assert history.list() == []
    history.add(entry())
    assert history.count() == 1
    assert warnings(caplog) == []


def test_a_file_that_is_deleted_is_made_again(history):
    history.add(entry("a"))
    history.flush()
    history.path.unlink()
    history.add(entry("b"))
    assert [e.id for e in history.list()] == ["b"]


# another version


def test_a_newer_file_is_read_and_not_written(history, caplog):
    history.add(entry("old"))
    history.close()
    with closing(sqlite3.connect(history.path)) as connection:
        connection.execute("ALTER TABLE jobs ADD COLUMN colour TEXT")
        connection.execute("PRAGMA user_version = 2")
    for job_id in ("a", "b"):
        history.add(entry(job_id))
        assert history.flush()
    assert [e.id for e in history.list()] == ["old"]
    assert len(warnings(caplog)) == 1
    assert "newer version" in warnings(caplog)[0]
    with pytest.raises(HistoryError, match="newer version"):
        history.prune(keep=0)


def test_a_newer_file_that_is_not_understood_is_a_sentence(history):
    history.path.parent.mkdir()
    with closing(sqlite3.connect(history.path)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(HistoryError, match="cannot be read: no such table"):
        history.list()


# a disk that takes nothing


def test_a_full_disk_is_said_once_and_written_to_when_it_has_room(history, caplog, monkeypatch):
    monkeypatch.setattr(_history_writer, "_LONGEST_BACK_OFF_S", 0.0)
    history.add(entry("before"))
    history.close()
    full = True
    connect = sqlite3.connect

    def small(*args, **kwargs):
        connection = connect(*args, **kwargs)
        if full:
            connection.execute("PRAGMA max_page_count = 1")  # it has more already: none is added
        return connection

    monkeypatch.setattr(_history_file.sqlite3, "connect", small)
    for number in range(500):
        history.add(entry(f"j{number}"))
    assert not history.flush()
    assert history.count() == 1
    assert len(warnings(caplog)) == 1
    assert "full" in warnings(caplog)[0]
    full = False
    until(history.flush, "what waited is written")
    assert history.count() == 501
    assert len(warnings(caplog)) == 1


def test_a_folder_that_cannot_be_made_harms_nobody(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history.sqlite3")
    history.add(entry())
    assert not history.flush()
    assert len(warnings(caplog)) == 1
    assert "Jobs and views are as they were" in warnings(caplog)[0]
    history.close()
    assert history._writer._thread is None


@pytest.mark.skipif(not POSIX, reason="a mode is no obstacle there")
@pytest.mark.skipif(POSIX and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_read(history, caplog):
    history.add(entry("old"))
    history.close()
    history.path.chmod(0o400)
    history.path.parent.chmod(0o500)
    try:
        history.add(entry("new"))
        assert not history.flush()
        assert [e.id for e in history.list()] == ["old"]
        assert len(warnings(caplog)) == 1
    finally:
        history.path.parent.chmod(0o700)
        history.path.chmod(0o600)


def test_what_waits_for_a_disk_for_ever_does_not_grow_for_ever(history, monkeypatch):
    monkeypatch.setattr(_history_writer, "_MOST_WAITING", 10)
    monkeypatch.setattr(_history_writer, "_LONGEST_BACK_OFF_S", 0.0)
    refuse = True
    write = _history_file.HistoryFile.write

    def refused(self, *batch):
        if refuse:
            raise OSError(30, "Read-only file system")
        write(self, *batch)

    monkeypatch.setattr(_history_file.HistoryFile, "write", refused)
    for number in range(35):
        history.add(entry(f"j{number}"))
    assert not history.flush()
    for number in range(35, 50):
        history.add(entry(f"j{number}"))
    assert not history.flush()
    refuse = False
    until(history.flush, "what waited is written")
    assert {e.id for e in history.list()} == {f"j{n}" for n in range(40, 50)}


def test_a_note_that_came_while_another_could_not_be_written_is_the_newer_one(history, monkeypatch):
    monkeypatch.setattr(_history_writer, "_LONGEST_BACK_OFF_S", 0.0)
    write = _history_file.HistoryFile.write
    tried = []

    def once(self, *batch):
        tried.append(batch)
        if len(tried) == 1:
            history.add(entry("a", "Completed"))
            history.set_label("a", "crn:1", "newer")
            raise OSError(28, "No space left on device")
        write(self, *batch)

    monkeypatch.setattr(_history_file.HistoryFile, "write", once)
    history.add(entry("a", "Queued"))
    history.set_label("a", "crn:1", "older")
    until(history.flush, "all is written")
    assert [(e.status, e.label) for e in history.list()] == [("Completed", "newer")]


def test_a_file_that_another_process_keeps_is_waited_for(history, monkeypatch, caplog):
    monkeypatch.setattr(_history_writer, "_LONGEST_BACK_OFF_S", 0.0)
    history.add(entry("a"))
    history.flush()
    with closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        history.add(entry("b"))
        assert not history.flush()
        assert [e.id for e in history.list()] == ["a"]
        assert "locked" in warnings(caplog)[0]
        other.execute("ROLLBACK")
    until(history.flush, "all is written")
    assert history.count() == 2


def test_who_wants_labels_does_not_wait_for_a_writer(history, monkeypatch):
    monkeypatch.setattr(history_module, "_HURRY_S", 0.01)
    history.set_label("j", "crn:1", "mine")
    history.flush()
    with _history_turn.turn.taken(), pytest.raises(HistoryError, match="takes too long"):
        history.labels("crn:1", ["j"])
    assert history.labels("crn:1", ["j"]) == {"j": "mine"}
    history.close()
    with closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="locked"):
            history.labels("crn:1", ["j"])


# folders of other machines


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:41 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2
41 40 8:2 / /home/fast rw,relatime shared:3 - xfs /dev/sdb1 rw
42 22 0:42 / /with\\040space rw - fuse.sshfs me@there:/ rw
43 22 0:43 / /work rw - lustre mgs:/work rw
not a line
"""


@pytest.mark.skipif(sys.platform != "linux", reason="this is Linux's list")
@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/srv/data", False),
        ("/home/me/.local/share", True),
        ("/home/fast/me", False),
        ("/homes/me", False),
        ("/with space/x", True),
        ("/work", True),
    ],
)
def test_a_folder_of_a_file_server_is_known(folder, remote):
    assert is_network(Path(folder), MOUNTS) is remote


def test_this_machine_s_list_can_be_read(tmp_path):
    assert is_network(tmp_path) in (True, False)
    assert is_network(tmp_path, "") is False


def journal(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA journal_mode").fetchone()[0]


def test_there_is_a_write_ahead_log_but_not_on_a_file_server(history, monkeypatch):
    history.add(entry("a"))
    history.close()
    assert journal(history.path) == "wal"
    monkeypatch.setattr(_history_file, "is_network", lambda _folder: True)
    moved = History(history.path)  # the same home, mounted from another machine
    moved.add(entry("b"))
    moved.close()
    assert journal(history.path) == "delete"
    new = History(history.path.with_name("new.sqlite3"))
    new.add(entry("c"))
    new.close()
    assert journal(new.path) == "delete"
    assert history.count() == 2


@pytest.mark.skipif(not POSIX, reason="there is no such way of opening a file there")
def test_a_file_system_without_shared_memory_needs_no_write_ahead_log(history, monkeypatch, caplog):
    history.add(entry("on a disk"))
    history.close()
    connect = sqlite3.connect

    def without_memory(path, **how):
        return connect(f"file:{path}?vfs=unix-dotfile", uri=True, **how)

    monkeypatch.setattr(_history_file.sqlite3, "connect", without_memory)
    # The file that came along from a disk has a log, and a new one gets none.
    assert history.count() == 1
    for path in (history.path, history.path.with_name("new.sqlite3")):
        moved = History(path)
        moved.add(entry("now"))
        assert moved.flush()
        assert "now" in {e.id for e in moved.list()}
        moved.close()
        with closing(connect(path)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert history.count() == 2
    assert warnings(caplog) == []


# processes

WRITER = """
import sys, json
from runtime_widgets.history import History, HistoryEntry
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
history = History(path)
for number in range(count):
    history.add(HistoryEntry(f"{name}-{number}", "crn:1", "ibm", "d", "sampler"))
    history.add(HistoryEntry("shared", "crn:1", "ibm", "d", "sampler", status="Queued"))
    if number % 50 == 0:
        history.flush()
history.add(HistoryEntry("shared", "crn:1", status="Completed", final=True, tags=(name,)))
"""
KILLED = """
import itertools, sys
from runtime_widgets.history import History, HistoryEntry
history = History(sys.argv[1])
for number in itertools.count():
    history.add(HistoryEntry(f"k-{number}", "crn:1", "ibm", "d", "sampler"))
    if number % 20 == 19:
        assert history.flush()
        print(number + 1, flush=True)
"""
FORKED = """
import os, sys, threading, warnings
from runtime_widgets.history import History, HistoryEntry
warnings.simplefilter("ignore")  # newer Pythons warn of each fork of a process with threads
history = History(sys.argv[1])
stop = threading.Event()
def busy():
    number = 0
    while not stop.is_set():
        history.add(HistoryEntry(f"parent-{number}", "crn:1"))
        history.list(1)
        number += 1
thread = threading.Thread(target=busy)
thread.start()
children = []
for child in range(8):
    pid = os.fork()
    if pid == 0:
        history.add(HistoryEntry(f"child-{child}", "crn:1"))
        os._exit(0 if history.flush() and history.count() else 1)
    children.append(pid)
ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
stop.set()
thread.join()
history.flush()
print(ends)
"""


def start(code, *args, **more):
    env = {**os.environ, "RUNTIME_WIDGETS_HISTORY": "on"}
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", code, *args]
    return subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def test_several_kernels_write_at_once_and_nothing_is_lost(history):
    kernels = [start(WRITER, str(history.path), f"kernel{n}", "300") for n in range(3)]
    for kernel in kernels:
        _, said = kernel.communicate(timeout=100)
        # At their end too nothing is left behind, and no word.
        assert (kernel.returncode, said) == (0, "")
    assert history.count() == 901
    (shared,) = [e for e in history.list(None) if e.id == "shared"]
    assert shared.word == "Done"
    with closing(sqlite3.connect(history.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.skipif(not POSIX, reason="nothing is killed so there")
def test_what_was_written_before_a_kill_is_there_after_it(history, caplog):
    kernel = start(KILLED, str(history.path))
    try:
        written = [int(kernel.stdout.readline()) for _ in range(3)][-1]
    finally:
        kernel.kill()
        kernel.communicate(timeout=20)
    assert history.count() >= written
    history.add(entry("after"))
    assert history.flush()
    assert warnings(caplog) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_process_that_is_forked_in_the_middle_writes_on_and_so_does_its_parent(history):
    parent = start(FORKED, str(history.path))
    out, said = parent.communicate(timeout=100)
    assert (out.strip(), said) == (str([0] * 8), "")
    found = {e.id for e in history.list(None)}
    assert {f"child-{n}" for n in range(8)} <= found
    assert "parent-0" in found


def test_importing_the_package_or_a_service_loads_no_sqlite():
    code = (
        "import json, sys; import runtime_widgets.history; from runtime_widgets import JobCard;"
        "print(json.dumps([m for m in ('sqlite3', 'sqlalchemy') if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == []


def test_listing_loads_no_qiskit():
    code = "import sys; import runtime_widgets.history; print('qiskit' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
