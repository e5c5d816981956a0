"""The history in a terminal: a table for a person, lines for a program, sentences for trouble."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from rich.cells import cell_len
from support.scripted import Answer
from typer.testing import CliRunner

from runtime_widgets import accounts, history_services
from runtime_widgets._jobs_text import age, moment, table
from runtime_widgets._printable import printable
from runtime_widgets.cli import app
from runtime_widgets.history import History, HistoryEntry
from runtime_widgets.history_services import recall, services_for
from runtime_widgets.service import QiskitRuntimeService

NOW = datetime.now(timezone.utc)
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/{}:{}::"


def entry(job_id, status="Completed", hours=1.0, **more):
    when = NOW - timedelta(hours=hours)
    given = {
        "instance": CRN.format("me", 1),
        "kind": "ibm",
        "device": "ibm_fez",
        "program": "sampler",
        "final": status in ("Completed", "Failed", "Cancelled"),
        "created": when,
        "noted": when,
        "last_seen": when,
    }
    return HistoryEntry(job_id, status=status, **given | more)


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    history = History.default()
    yield history
    history.close()


@pytest.fixture
def filled(history):
    history.add(entry("done", hours=50, usage_seconds=2.5, tags=("a", "b")))
    history.add(entry("waits", "Queued", hours=30, tags=("a",)))
    history.add(entry("runs", "Running", hours=0.5, device="ibm_marrakesh"))
    history.set_label("done", CRN.format("me", 1), "my ansatz")
    history.flush()
    return history


def run(*words):
    return CliRunner().invoke(app, ["jobs", *words])


def ids(answer):
    return [line.split("\t")[0] for line in answer.stdout.splitlines()[1:]]


# lines, for programs


def test_in_a_pipe_a_line_is_a_job_and_no_word_is_coloured(filled):
    answer = run()
    assert answer.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(answer.stdout), delimiter="\t"))
    assert [row["id"] for row in rows] == ["runs", "waits", "done"]
    assert [row["word"] for row in rows] == ["Running", "Queued", "Done"]
    # Only what may be another by now has an age.
    assert [bool(row["as_of"]) for row in rows] == [True, True, False]
    assert (rows[2]["name"], rows[2]["tags"], rows[2]["usage_s"]) == ("my ansatz", "a, b", "2.5")
    assert datetime.fromisoformat(rows[0]["created"]).tzinfo is not None
    assert "\x1b" not in answer.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--pending"], ["runs", "waits"]),
        (["--device", "ibm_marrakesh"], ["runs"]),
        (["--tag", "a"], ["waits", "done"]),
        (["--tag", "a", "--tag", "b"], ["done"]),
        (["--since", "1h"], ["runs"]),
        (["--since", "40h", "--tag", "a"], ["waits"]),
        (["--since", "2000-01-01"], ["runs", "waits", "done"]),
        (["--limit", "1"], ["runs"]),
        (["--limit", "0"], []),
        (["--device", "none"], []),
    ],
)
def test_a_listing_is_narrowed(filled, words, expected):
    assert ids(run(*words)) == expected


def test_of_many_jobs_fifty_are_shown(history):
    for number in range(60):
        history.add(entry(f"j{number}"))
    assert len(ids(run())) == 50
    assert len(ids(run("--limit", "55"))) == 55


def test_json_has_all_the_details(filled):
    found = json.loads(run("--json", "--pending").stdout)
    assert [job["id"] for job in found] == ["runs", "waits"]
    assert found[0]["instance"] == CRN.format("me", 1)


def test_csv_goes_to_a_file_or_the_pipe(filled, tmp_path):
    answer = run("--csv", str(tmp_path / "jobs.csv"), "--limit", "2")
    assert answer.stdout == ""
    assert "Wrote 2 jobs" in answer.stderr
    assert (tmp_path / "jobs.csv").read_text().count("\n") == 3
    assert run("--csv", "-", "--limit", "2").stdout == (tmp_path / "jobs.csv").read_text()


def test_of_two_forms_of_export_one_is_to_be_said(filled, tmp_path):
    for target in ("-", str(tmp_path / "jobs.csv")):
        answer = run("--csv", target, "--json")
        assert answer.exit_code == 2
        assert "Say one of the two, --csv or --json." in answer.stderr
        assert answer.stdout == ""
    assert not (tmp_path / "jobs.csv").exists()


def test_no_field_holds_what_a_terminal_or_a_program_would_misread(history):
    history.add(entry("j\tx", device="\x1b[31mred\n", tags=("\u202eevil", "größer", "量子")))
    (line,) = run().stdout.splitlines()[1:]
    assert line.count("\t") == 8
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "größer, 量子" in line


def test_what_the_output_s_encoding_lacks_is_replaced(history):
    history.add(entry("j", tags=("量",)))
    history.flush()
    command = [sys.executable, "-m", "runtime_widgets", "jobs"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for words in ([], ["--json"], ["--csv", "-"]):
        done = subprocess.run(
            [*command, *words], env=env, capture_output=True, text=True, check=True, timeout=60
        )
        assert "ibm_fez" in done.stdout
    assert json.loads(run("--json").stdout)[0]["tags"] == ["量"]


def test_an_empty_history_is_a_header_alone(history):
    assert run().stdout.count("\n") == 1


# a table, for a person


def shown(entries, width=200):
    return list(table(entries, width))


def test_a_table_says_what_is_only_the_last_known_state():
    lines = shown(
        [
            entry("a", "Queued", hours=3.2),
            entry("b"),
            entry("c", "Running", gone=True),
            entry("d", "", last_seen=None),
        ]
    )
    assert "last known 3 h ago" in lines[1]
    assert "known" not in lines[2]
    assert "gone from the service" in lines[3]
    assert lines[4].startswith("Submitted")
    assert "not asked yet" in lines[4]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 120, 200])
def test_a_table_fits_its_terminal_and_cuts_no_id(width):
    long = entry(
        "d3f0a1b2c3d4e5f60718", "Queued", device="d" * 60, program="p" * 60, tags=("量" * 60,) * 8
    )
    lines = shown([long, entry("d3f0a1b2c3d4e5f60719", "A word that nobody knows")], width)
    assert all(cell_len(line) <= max(width, 36) for line in lines)
    assert all(job_id in "\n".join(lines) for job_id in (long.id, "d3f0a1b2c3d4e5f60719"))
    assert "last known" in "\n".join(lines)


def test_the_more_room_the_more_columns():
    full = [entry("d3f0a1b2c3d4e5f60718", usage_seconds=1.5, label="my ansatz")]
    heads = [shown(full, width)[0].split("  ") for width in (40, 80, 200)]
    counts = [len([word for word in head if word]) for head in heads]
    assert counts == sorted(set(counts))


def test_a_column_in_which_there_is_nothing_takes_no_room():
    bare = [
        entry("d3f0a1b2c3d4e5f60718", usage_seconds=2.5, label="my ansatz"),
        entry("d3f0a1b2c3d4e5f60719", usage_seconds=12.25),
    ]
    heads = shown(bare, 80)[0].split()
    assert "As" not in heads
    assert {"Device", "Usage"} < set(heads)
    assert any("12.2 s" in line for line in shown(bare, 80))
    # Of a job whose status may be another by now the column is there.
    waits = entry("d3f0a1b2c3d4e5f60720", "Queued")
    assert "As of" in shown([*bare, waits], 80)[0]
    assert "Usage" not in shown([entry("a"), waits])[0]
    assert "Name and tags" not in shown([entry("a")])[0]


def test_the_status_is_coloured_only_where_that_is_asked_for():
    assert not any("\x1b" in line for line in shown([entry("a")]))
    assert "\x1b[32m" in list(table([entry("a")], 80, colour=True))[1]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_in_a_terminal_it_is_a_table_and_a_remark(filled):
    text = in_a_terminal(80, "--limit", "1")
    assert "Running" in text
    assert re.search(r"last known \d+ min ago", text)
    assert "The newest 1 of 3; --limit 3 shows all." in text
    assert "\x1b[34m" in text
    assert "\x1b" not in in_a_terminal(80, NO_COLOR="1")
    assert "The history has no such job." in in_a_terminal(80, "--device", "none")
    filled.clear()
    assert "No job yet" in in_a_terminal(80)
    filled.disable()
    assert "switched off" in in_a_terminal(80)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_a_terminal_is_sent_no_commands_by_an_export(history):
    history.add(entry("j", device="\x1b[31mred"))
    history.flush()
    for kind in (("--json",), ("--csv", "-")):
        text = in_a_terminal(80, *kind)
        assert "\x1b" not in text
        assert "[31mred" in text


def in_a_terminal(columns, *words, **env):
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime_widgets", "jobs", *words],
        stdout=follower,
        stderr=subprocess.STDOUT,
        env={**os.environ, "COLUMNS": str(columns), **env},
    )
    os.close(follower)
    said = b""
    try:
        while some := os.read(leader, 4096):
            said += some
    except OSError:  # Linux ends it so
        pass
    os.close(leader)
    assert process.wait(timeout=60) == 0, said
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1.5h", 5400), ("2d", 172800), ("2 W", 1209600)],
)
def test_a_time_may_be_so_long_ago(text, seconds):
    assert abs((datetime.now(timezone.utc) - moment(text)).total_seconds() - seconds) < 60


def test_a_date_is_local():
    assert moment("2026-11-23") == datetime(2026, 11, 23).astimezone()
    assert moment("2026-11-23T10:00:00+02:00").utcoffset() is not None


@pytest.mark.parametrize("text", ["", "soon", "2y", "-1d", "9" * 30 + "d", "2026-13-01"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="no time"):
        moment(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "just now"), (59, "just now"), (61, "1 min ago"), (7201, "2 h ago"), (2e5, "2 d ago")],
)
def test_an_age_is_said_in_one_unit(seconds, said):
    assert age(NOW - timedelta(seconds=seconds), NOW) == said


def test_what_can_be_printed_is_printed():
    assert printable("a b-ü量") == "a b-ü量"
    assert printable("\x00\x07\x9b\u200b\u2066") == "\ufffd" * 5


# less of it, off and on


def test_prune_deletes_what_it_is_told(filled):
    assert "Deleted 1 job from" in run("prune", "--older-than", "40h").stdout
    assert "Deleted 1 job from" in run("prune", "--keep", "1").stdout
    assert ids(run()) == ["runs"]
    assert "Deleted 1 job" in run("prune", "--keep", "0").stdout


def test_prune_says_which_jobs_go_with_both_options(filled):
    told = " ".join(run("prune", "--help").stdout.split())
    assert "With both options what is older goes, and of the others all but the newest." in told
    assert "Deleted 2 jobs" in run("prune", "--older-than", "40h", "--keep", "1").stdout
    assert ids(run()) == ["runs"]


@pytest.mark.parametrize("words", [("--device", "none"), ("--limit", "0"), ("--json",)])
def test_what_narrows_a_list_narrows_no_deletion(filled, words):
    answer = run(*words, "prune", "--keep", "0")
    assert answer.exit_code == 2
    assert "An option before prune is one of the list: prune does not look at it." in answer.stderr
    assert len(ids(run())) == 3


def test_prune_wants_to_know_what(filled):
    answer = run("prune")
    assert answer.exit_code == 2
    assert "--older-than" in answer.stderr
    assert len(ids(run())) == 3


def test_off_and_on(history, monkeypatch):
    said = run("off").stdout
    assert "switched off: no more jobs are kept" in said
    assert str(history.path) in said
    assert "jobs prune --keep 0" in said
    assert not history.enabled
    assert "switched on" in run("on").stdout
    assert history.enabled
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "off")
    assert "environment" in run("on").stdout


def test_path_says_where_it_is(history):
    answer = run("path")
    assert (answer.stdout, answer.stderr) == (f"{history.path}\n", "")


@pytest.mark.parametrize("words", [("path",), (), ("--json",), ("--csv", "-")])
def test_that_nothing_is_kept_any_more_is_said_beside_what_a_program_reads(
    filled, words, monkeypatch
):
    before = run(*words)
    assert before.stderr == ""
    filled.disable()
    answer = run(*words)
    assert answer.stdout == before.stdout
    assert answer.stderr == (
        "The history is switched off: no more jobs are kept, until `runtime-widgets jobs on`.\n"
    )
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "off")
    assert "RUNTIME_WIDGETS_HISTORY is off in this environment" in run(*words).stderr


# trouble


def test_a_time_that_is_none_is_refused_with_an_example(history):
    answer = run("--since", "soon")
    assert answer.exit_code == 2
    assert "2d" in answer.stderr


def test_a_history_that_cannot_be_read_is_a_sentence(history):
    history.path.mkdir(parents=True)
    answer = run()
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("runtime-widgets jobs: The history in ")
    assert "Traceback" not in answer.stderr


def test_a_csv_file_that_cannot_be_written_is_a_sentence(filled, tmp_path):
    answer = run("--csv", str(tmp_path / "none" / "jobs.csv"))
    assert answer.exit_code == 1
    assert "No such file" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_listing_loads_no_qiskit(filled):
    code = (
        "import sys; from runtime_widgets.cli import app\n"
        "try: app(['jobs'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('qiskit', 'numpy', 'requests', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


# asking again


def test_refresh_asks_a_running_runtime_once_and_starts_none(history, runtime, monkeypatch):
    service = QiskitRuntimeService(params=runtime.params())
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "off")
    job = service.run("echo", {"say": 1}, backend="local_exact")
    job.result(60)
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    instance = service.active_instance()
    service.close()
    history.add(entry(job.job_id(), "Queued", hours=0.1, instance=instance, kind="local"))
    history.flush()
    # The user's own does not run: nobody is asked, and nothing is started.
    answer = run("--refresh")
    assert "Nobody was asked about 1 job." in answer.stderr
    assert ids(answer) == [job.job_id()]
    assert "Queued" in answer.stdout
    # Now it does.
    address = history.path.parent.parent / "server.json"
    address.touch(mode=0o600)
    address.write_text(json.dumps({**vars(runtime.address)}))
    asked = []
    jobs = QiskitRuntimeService.jobs
    monkeypatch.setattr(
        QiskitRuntimeService, "jobs", lambda self, **how: asked.append(how) or jobs(self, **how)
    )
    answer = run("--refresh")
    assert answer.stderr == ""
    assert "Done" in answer.stdout
    assert len(asked) == 1


def test_refresh_says_that_a_service_could_not_be_asked(history, monkeypatch, scripted):
    history.add(entry("waits", "Queued"))
    history.flush()
    scripted.script = lambda _request: Answer(401)
    service = QiskitRuntimeService(params=scripted.params("ibm_quantum_platform", retry_for_s=0.1))
    monkeypatch.setattr(
        history_services, "services_for", lambda _entries: {CRN.format("me", 1): service}
    )
    answer = run("--refresh")
    assert answer.exit_code == 0
    assert "A service could not be asked" in answer.stderr
    assert "Nobody was asked about 1 job." in answer.stderr
    assert ids(answer) == ["waits"]


def test_jobs_of_the_history_are_found_again_by_one_request(history, monkeypatch, fake):
    for number in range(3):
        fake.add(f"j{number}", "Completed", created=(NOW - timedelta(hours=1)).isoformat())
    service = QiskitRuntimeService(params=fake.http.params("ibm_quantum_platform"))
    instance = service.active_instance() or ""
    monkeypatch.setattr(history_services, "services_for", lambda _entries: {instance: service})
    ours = [entry(f"j{n}", "Queued", instance=instance) for n in (2, 0)]
    old = entry("older than the list", instance=instance, usage_seconds=3.0)
    lost = entry("elsewhere", instance="crn:else")
    found = recall([ours[0], lost, ours[1], old])
    assert [job.job_id() for job in found.jobs] == ["j2", "j0", "older than the list"]
    assert [job.state.word for job in found.jobs] == ["Completed", "Completed", ""]
    assert found.jobs[2].primitive_id == "sampler"
    assert (found.lost, found.services, found.troubles) == ([lost], [service], [])
    assert fake.asked() == ["GET /jobs@0"]
    service.close()


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({}, None),
        ({"a": CRN.format("me", 1), "b": CRN.format("me", 2)}, "a"),
        ({"b": CRN.format("me", 2)}, "b"),  # another instance of the same account: the same key
        ({"c": CRN.format("you", 1)}, None),
        ({"d": "auto"}, "d"),
        ({"d": None, "a": CRN.format("me", 1)}, "a"),
    ],
)
def test_an_account_is_used_where_its_key_may_fit(monkeypatch, saved, expected):
    rows = {n: {"channel": "ibm_cloud", "token": n, "instance": i} for n, i in saved.items()}
    monkeypatch.delenv("QISKIT_IBM_TOKEN", raising=False)
    monkeypatch.setattr(accounts, "listed", lambda: rows)
    monkeypatch.setattr(
        accounts._account_file, "read", lambda _path: {k: dict(v) for k, v in rows.items()}
    )
    found = services_for([entry("j"), entry("k", kind="other", instance="crn:other")])
    assert [s.client.params.token for s in found.values()] == ([expected] if expected else [])
    assert list(found) == ([CRN.format("me", 1)] if expected else [])
    for service in found.values():
        assert service.active_instance() == CRN.format("me", 1)
        service.close()


def test_the_environment_s_account_comes_first(monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "environment")
    monkeypatch.delenv("QISKIT_IBM_CHANNEL", raising=False)
    monkeypatch.delenv("QISKIT_IBM_INSTANCE", raising=False)
    monkeypatch.setattr(accounts, "listed", dict)
    (service,) = services_for([entry("j")]).values()
    assert service.client.params.token == "environment"
    service.close()
