"""What watching jobs costs: requests and CPU beside IBM's own client, and 10,000 jobs at rest.

The peer is the unmodified ``qiskit_ibm_runtime`` in the loop that its users write: ``status()``
of each job, a second's pause, and again. It looks at the same jobs, on the same embedded runtime,
in the same run. All contenders are processes of their own, so that the CPU is theirs alone;
requests are counted where each of them leaves its process.

Run with ``pytest tests/benchmarks/bench_tracker.py -s``.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from support.embedded import own_programs

from runtime_widgets.job_state import JobState
from runtime_widgets.service import QiskitRuntimeService

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

TESTS = Path(__file__).resolve().parent.parent
SIZES = (20, 200, 1000)
SECONDS = 30.0
SPARE = 30
MANY = 10_000
ON_SCREEN = 30

# Counts what leaves the process: both clients send through http.client, at the end.
COUNTER = """
import http.client, json, sys, threading, time
sent = [0]
putrequest = http.client.HTTPConnection.putrequest
def counted(self, *args, **kwargs):
    sent[0] += 1
    return putrequest(self, *args, **kwargs)
http.client.HTTPConnection.putrequest = counted
given = json.loads(sys.stdin.readline())
def measured(work):
    before, cpu, start = sent[0], time.process_time(), time.monotonic()
    work()
    took = time.monotonic() - start
    print(json.dumps({"requests": sent[0] - before, "cpu": (time.process_time() - cpu) / took,
                      "threads": threading.active_count(), "oldest": oldest()}))
"""

OURS = """
from runtime_widgets.params import ClientParameters
from runtime_widgets.service import QiskitRuntimeService
params = ClientParameters(given["channel"], given["token"], given["url"], given["instance"],
                          iam_url=given["url"])
service = QiskitRuntimeService(params=params)
jobs = service.jobs(limit=given["count"], pending=True)
assert len(jobs) == given["count"]
from datetime import datetime, timezone
oldest = lambda: max((datetime.now(timezone.utc) - job.state.checked_at).total_seconds()
                     for job in jobs)
tracker = jobs[0].tracker
attention = tracker.attend()
attention.look_at([job.job_id() for job in jobs[:given["on_screen"]]])
following = [tracker.follow(job.job_id()) for job in jobs]
time.sleep(2.0)
measured(lambda: time.sleep(given["seconds"]))
service.close()
"""

THEIRS = """
import warnings
warnings.simplefilter("ignore")
from types import SimpleNamespace
from runtime_widgets import connect_upstream
from runtime_widgets.params import ClientParameters
running = ClientParameters("local", given["token"], given["url"], given["instance"])
service = connect_upstream(SimpleNamespace(params=lambda: running))
pages = [service.jobs(limit=min(200, given["count"] - skip), skip=skip, pending=True)
         for skip in range(0, given["count"], 200)]
jobs = [job for page in pages for job in page]
assert len(jobs) == given["count"]
seen = dict.fromkeys(jobs, time.monotonic())
oldest = lambda: time.monotonic() - min(seen.values())
def poll():
    end = time.monotonic() + given["seconds"]
    while time.monotonic() < end:
        for job in jobs:
            job.status()
            seen[job] = time.monotonic()
            if time.monotonic() >= end:
                return
        time.sleep(1.0)
measured(poll)
"""


def contend(code, **given):
    """Run a contender in a process of its own; return what it measured."""
    path = os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", COUNTER + code],
        input=json.dumps(given) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "RUNTIME_WIDGETS_HISTORY": "off"},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_requests_and_cpu_beside_status_polling(tmp_path):
    pytest.importorskip("qiskit_ibm_runtime")
    flag = tmp_path / "go"
    rows = []
    print(f"\n{SECONDS:.0f} s of watching, {ON_SCREEN} rows on screen:")
    print("requests / % of a core / age of the oldest status at the end (pushed: none is older")
    print("than its last change)")
    print(f"{'jobs':>6} {'ours, pushed':>26} {'ours, as of IBM':>26} {'upstream status()':>26}")
    with own_programs(data=tmp_path / "data") as runtime:
        where = runtime.address
        service = QiskitRuntimeService(params=runtime.params())
        made = 0
        for count in SIZES:
            # One of them ends now and then: no program waits for ever.
            for _ in range(made, count + SPARE):
                service.run("hold", {"until": str(flag)}, backend="local_exact")
            made = count + SPARE
            given = {"count": count, "seconds": SECONDS, "on_screen": ON_SCREEN}
            at = {"url": where.url, "token": where.token, "instance": where.instance}
            pushed = contend(OURS, channel="local", **at, **given)
            polled = contend(OURS, channel="ibm_quantum_platform", **at, **given)
            theirs = contend(THEIRS, **at, **given)
            rows.append((count, pushed, polled, theirs))
            cells = [
                f"{m['requests']:>7} / {100 * m['cpu']:>4.1f} % / {m['oldest']:>4.1f} s"
                for m in rows[-1][1:]
            ]
            print(f"{count:>6} {' '.join(cells)}")
        service.client.close()
    assert all(pushed["requests"] <= theirs["requests"] for _, pushed, _, theirs in rows)


# A service that pushes nothing and lists many jobs, each page encoded once: in a process of its
# own, so that what is measured is the client's.
SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
many = int(sys.argv[1])
jobs = [{"id": f"d{n:019}", "backend": "ibm_x", "program": {"id": "sampler"},
         "created": f"2026-11-23T00:00:{n % 60:02}Z", "state": {"status": "Queued"},
         "status": "Queued", "tags": ["sweep", f"row {n}"], "session_id": None, "cost": 300,
         "user_id": "u", "estimated_running_time_seconds": 2.5,
         "usage": {"qpu_charge_time_seconds": 0, "status": "pending"}} for n in range(many)]
pages = {at: json.dumps({"jobs": jobs[at:at + 200], "count": many, "limit": 200,
                         "offset": at}).encode() for at in range(0, many, 200)}
devices = b'{"devices": [{"name": "ibm_x", "status": {"name": "online"}, "queue_length": 9}]}'
token = b'{"access_token": "t", "token_type": "Bearer", "expires_in": 36000}'
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path.endswith("/jobs"):
            self.say(pages[int(query["offset"][0])])
        elif parts.path.endswith("/backends"):
            self.say(devices)
        else:
            self.say(b'{"timestamps": {}, "usage": {}}')
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.say(token)
    def say(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

# The clock goes on by hand while an hour is lived through, look by look; each look is real.
AT_REST = """
import gc, psutil
from runtime_widgets._clock import Clock
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters
from runtime_widgets.tracker import Tracker
from runtime_widgets.wire import parse_time
ahead = [0.0]
clock = Clock(monotonic=lambda: time.monotonic() + ahead[0], wall=lambda: time.time() + ahead[0],
              awake_or_not=lambda: time.monotonic() + ahead[0])
url = f"http://127.0.0.1:{given['port']}"
crn = "crn:v1:bluemix:public:quantum-computing:us-east:a/b:c::"
client = RuntimeClient(ClientParameters("ibm_quantum_platform", "t", url, crn, iam_url=url),
                       clock=clock)
tracker = Tracker(client)
me = psutil.Process()
def rss():
    gc.collect()
    return me.memory_info().rss / 2**20
before = rss()
ids = [f"d{n:019}" for n in range(given["many"])]
attention = tracker.attend()
attention.look_at(ids[:given["on_screen"]])
start, cpu = time.monotonic(), time.process_time()
following = [tracker.follow(job_id) for job_id in ids]
while not all(one.state.word for one in following):
    time.sleep(0.05)
first = {"first_s": time.monotonic() - start, "first_cpu_s": time.process_time() - cpu}
while tracker._worker.looking:
    time.sleep(0.05)
# Old queues: a quarter of an hour later they are asked for each half minute.
ahead[0] += 1800.0
tracker._do(lambda: None)
time.sleep(5.0)
held = rss()
sent[0], cpu = 0, time.process_time()
hour_end = clock.monotonic() + 3600.0
while clock.monotonic() < hour_end:
    worker = tracker._worker
    if worker.looking:
        wait = tracker._allowance.wait_s()
        if wait > 0:
            ahead[0] += wait
            tracker._do(lambda: None)
        time.sleep(0.002)
    else:
        ahead[0] += max(min(worker.due - clock.monotonic(), 30.0), 0.0) + 0.001
        tracker._do(lambda: None)
        time.sleep(0.01)
hour = {"hour_requests": sent[0], "hour_cpu_s": time.process_time() - cpu}
after = rss()
sent[0], cpu, start = 0, time.process_time(), time.monotonic()
time.sleep(given["seconds"])
took = time.monotonic() - start
rest = {"rest_requests": sent[0], "rest_cpu": (time.process_time() - cpu) / took}
threads = [thread.name for thread in threading.enumerate()]
tracker.close()
client.close()
print(json.dumps({"before": before, "held": held, "after": after, "threads": threads,
                  **first, **hour, **rest}))
"""


def test_ten_thousand_jobs_at_rest():
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(MANY)], stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(server.stdout.readline())
        told = contend(AT_REST, port=port, many=MANY, on_screen=ON_SCREEN, seconds=60.0)
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
    print(f"\n{MANY} jobs of a service that pushes nothing, {ON_SCREEN} rows on screen")
    print(f"all read once after {told['first_s']:.1f} s, {told['first_cpu_s']:.1f} s of CPU")
    growth = told["after"] - told["held"]
    print(
        f"memory: {told['before']:.0f} MiB before, {told['held']:.0f} MiB with all jobs, "
        f"{growth:+.1f} MiB after another hour"
    )
    print(
        f"an hour, its waits skipped: {told['hour_requests']} requests, "
        f"{told['hour_cpu_s']:.1f} s of CPU: {told['hour_cpu_s'] / 36:.2f} % of a core"
    )
    print(
        f"60 s at rest, not skipped: {told['rest_requests']} requests, "
        f"{100 * told['rest_cpu']:.2f} % of a core; threads: {', '.join(told['threads'])}"
    )
    assert len(told["threads"]) <= 2


def test_what_one_job_weighs():
    JobState("warm")
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    states = [JobState(f"job-{n}") for n in range(MANY)]
    weight = (tracemalloc.get_traced_memory()[0] - before) / len(states)
    tracemalloc.stop()
    start = time.perf_counter()
    more = [JobState(f"other-{n}") for n in range(MANY)]
    took_us = (time.perf_counter() - start) / len(more) * 1e6
    print(f"\na JobState that nothing is known of: {weight:.0f} bytes, {took_us:.1f} µs to make")
    assert len(states) == len(more)
