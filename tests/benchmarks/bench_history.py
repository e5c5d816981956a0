"""What the history costs: a note on the tracker's thread, many kernels at once, 100,000 jobs.

Run with ``pytest tests/benchmarks/bench_history.py -s``.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from runtime_widgets._history_file import HistoryFile
from runtime_widgets._history_state import entry_of_state
from runtime_widgets._transitions import Transition
from runtime_widgets.history import History, HistoryEntry
from runtime_widgets.job_state import JobState
from runtime_widgets.wire import JobRecord, Usage

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

JOBS = 100_000
KERNELS, EACH = 4, 2000
CRN = (
    "crn:v1:bluemix:public:quantum-computing:us-east:a/{0:032x}:00000000-0000-0000-0000-{0:012x}::"
)
NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)

KERNEL = """
import sys, time, json
from datetime import datetime, timezone
from runtime_widgets.history import History, HistoryEntry
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
history = History(path)
sys.stdin.readline()
times, now = [], datetime.now(timezone.utc)
for number in range(count):
    entry = HistoryEntry(f"{name}-{number}", "crn", "ibm", "d", "sampler", ("a",), noted=now)
    start = time.perf_counter()
    history.add(entry)
    times.append(time.perf_counter() - start)
    time.sleep(0.001)
assert history.flush(60)
print(json.dumps(sorted(times)))
"""


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    history = History(tmp_path / "history.sqlite3")
    yield history
    history.close()


def entry(number: int) -> HistoryEntry:
    """Make a job as IBM's service has it: 20 characters of id, two tags, five steps."""
    created = NOW - timedelta(minutes=number)
    words = ("created", "queued", "preparing", "on the QPU", "done")
    return HistoryEntry(
        f"d{number:019d}",
        CRN.format(number % 3),
        "ibm",
        f"ibm_device_{number % 5}",
        ("sampler", "estimator")[number % 2],
        (f"sweep-{number % 40}", "thesis"),
        status="Completed" if number >= 300 else "Queued",
        final=number >= 300,
        created=created,
        started=created + timedelta(seconds=60),
        ended=created + timedelta(seconds=70),
        noted=created,
        last_seen=created + timedelta(seconds=71),
        transitions=tuple(
            Transition(word, created + timedelta(seconds=n * 9.1), told=n % 2 == 0)
            for n, word in enumerate(words)
        ),
        usage_seconds=2.5,
        usage_complete=True,
    )


def milliseconds(work, rounds: int = 5) -> str:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return f"{statistics.median(times) * 1000:9.1f} ms"


def test_a_note(history):
    state = JobState("j")
    record = JobRecord("j", "Running", "ibm_x", "sampler", created=NOW, tags=("a", "b"),
                       usage=Usage(1.0))  # fmt: skip
    state.apply(record, simulator=None, now=NOW)
    times = []
    for number in range(20_000):
        start = time.perf_counter()
        made = entry_of_state(state, instance=CRN.format(number % 1000))
        history.add(made)
        times.append(time.perf_counter() - start)
    times.sort()
    print(f"\na note, on the tracker's thread, while the writer writes ({len(times)} of them)")
    for name, share in (("median", 0.5), ("p99", 0.99), ("longest", 1.0)):
        print(f"  {name:<10} {times[min(int(share * len(times)), len(times) - 1)] * 1e6:9.1f} µs")


def test_many_kernels(history):
    env = {**os.environ, "RUNTIME_WIDGETS_HISTORY": "on"}
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(history.path), f"k{n}", str(EACH)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(KERNELS)
    ]
    time.sleep(2.0)
    start = time.perf_counter()
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    said = [kernel.communicate()[0] for kernel in kernels]
    took = time.perf_counter() - start
    assert [kernel.returncode for kernel in kernels] == [0] * KERNELS
    assert history.count() == KERNELS * EACH
    times = sorted(t for text in said for t in json.loads(text))
    print(f"\n{KERNELS} kernels, {EACH} jobs each, one a millisecond: {history.count()} kept")
    print(f"  all of it  {took:9.1f} s")
    for name, share in (("median", 0.5), ("p99", 0.99), ("longest", 1.0)):
        place = min(int(share * len(times)), len(times) - 1)
        print(f"  add {name:<7} {times[place] * 1e6:9.1f} µs")


def test_100_000_jobs(history):
    file = HistoryFile(history.path)
    start = time.perf_counter()
    for first in range(0, JOBS, 2000):
        made = [entry(number) for number in range(first, first + 2000)]
        file.write({(e.id, e.instance): (e, True) for e in made}, {}, {})
    print(f"\n{JOBS} jobs")
    print(f"  {'written, by 2,000':<38} {time.perf_counter() - start:9.1f} s")
    print(f"  {'size of the file':<38} {history.path.stat().st_size / 1e6:9.1f} MB")
    since = NOW - timedelta(days=2)
    lists = {
        "the newest 50": lambda: history.list(50),
        "all that are pending (300)": lambda: history.list(None, pending=True),
        "of one device, 50": lambda: history.list(50, device="ibm_device_3"),
        "with a tag, 50": lambda: history.list(50, tags=["sweep-7"]),
        "with a tag that none has": lambda: history.list(50, tags=["none"]),
        "of the last two days (2,880)": lambda: history.list(None, since=since),
        "how many there are": history.count,
        "labels of 1,000 of them": lambda: history.labels(
            CRN.format(0), [f"d{n:019d}" for n in range(0, 3000, 3)]
        ),
        "one more job": lambda: file.write({("x", "y"): (entry(JOBS), True)}, {}, {}),
    }
    for name, work in lists.items():
        print(f"  {name:<38} {milliseconds(work)}")
    print(f"  {'all of them, as entries':<38} {milliseconds(lambda: history.list(None), 1)}")
    for kind in ("csv", "json"):
        work = partial(history.export, io.StringIO(), kind)
        print(f"  {'exported as ' + kind:<38} {milliseconds(work, 1)}")
    assert history.count() == JOBS + 1
    start = time.perf_counter()
    assert history.prune(keep=1000) == JOBS - 999
    print(f"  {'pruned to 1,000':<38} {(time.perf_counter() - start) * 1000:9.1f} ms")


def test_the_command(history):
    """Print the table in a new process, which is what a person waits for."""
    file = HistoryFile(history.path)
    made = [entry(number) for number in range(5000)]
    file.write({(e.id, e.instance): (e, True) for e in made}, {}, {})
    data = history.path.parent / "data"
    data.mkdir()
    for found in history.path.parent.glob("history.sqlite3*"):
        found.rename(data / found.name)
    env = {**os.environ, "RUNTIME_WIDGETS_LOCAL_DIR": str(history.path.parent)}
    command = [sys.executable, "-m", "runtime_widgets", "jobs"]
    run = partial(subprocess.run, command, env=env, capture_output=True, check=True)
    assert run().stdout.count(b"\n") > 50
    print(f"\nruntime-widgets jobs, of 5,000     {milliseconds(run)}")
    bare = partial(subprocess.run, [sys.executable, "-c", "pass"], check=True)
    print(f"python's own start                 {milliseconds(bare)}")
