"""A process that is forked from one with a service, as a pool of ``multiprocessing`` is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

FORKED = """
import json, os, sys, warnings
from runtime_widgets import ClientParameters, QiskitRuntimeService
from runtime_widgets.tracker import tracker_of

warnings.simplefilter("ignore")  # newer Pythons warn of each fork of a process with threads
url, token, instance = json.loads(sys.stdin.read())
service = QiskitRuntimeService(params=ClientParameters("local", token, url, instance))
job = service.run("echo", {"say": "parent"}, backend="local_exact")
assert job.result(60) == "parent"
with tracker_of(service.client)._lock:
    child = os.fork()
if child == 0:
    end = 1
    try:
        theirs = service.run("echo", {"say": "child"}, backend="local_exact")
        end = int(theirs.result(60) != "child")
        end += 2 * (service.job(job.job_id()).result(60) != "parent")
    finally:
        os._exit(end)
for number in range(30):
    own = service.run("echo", {"say": number}, backend="local_exact")
    assert service.client.job_get(own.job_id()).id == own.job_id()
assert own.result(60) == 29
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
service.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_process_uses_the_service_and_so_does_its_parent(runtime):
    address = runtime.address
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        input=json.dumps([address.url, address.token, address.instance]),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.stdout.strip() == "0", done.stderr
