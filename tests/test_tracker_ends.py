"""A process that ends while jobs are watched ends at once, and says nothing about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.service import FakeService

ROOT = Path(__file__).resolve().parent.parent

WATCH = """
import sys, threading, time
from runtime_widgets import as_completed
from runtime_widgets.params import ClientParameters
from runtime_widgets.service import QiskitRuntimeService
channel, url, crn, how = sys.argv[1:]
params = ClientParameters(channel, "t", url, crn, iam_url=url)
service = QiskitRuntimeService(params=params)
jobs = service.jobs(limit=None)
for job in jobs:
    job.observe(lambda change: None)
attention = jobs[0].tracker.attend()
attention.look_at([job.job_id() for job in jobs])
if how == "waited for":
    threading.Thread(target=lambda: list(as_completed(jobs)), daemon=True).start()
time.sleep(0.5)
if how == "let go":
    del service, jobs, job, attention
"""


@pytest.mark.parametrize("channel", ["ibm_quantum_platform", "local"])
@pytest.mark.parametrize("how", ["held", "waited for", "let go"])
def test_a_process_that_watches_ends_with_no_warning(scripted, channel, how):
    fake = FakeService(scripted)
    for number in range(50):
        fake.add(f"j{number}", "Running", usage={})
    python = [sys.executable, "-X", "dev", "-W", "error"]
    given = [channel, scripted.url, str(scripted.params().instance), how]
    done = subprocess.run(
        [*python, "-c", WATCH, *given],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RUNTIME_WIDGETS_HISTORY": "off"},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
