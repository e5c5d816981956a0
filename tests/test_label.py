"""What the user calls a job: shared by all its objects, shown, and remembered."""

from __future__ import annotations

import json

import pytest

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.history import History
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets.card import JobCard

pytestmark = pytest.mark.usefixtures("kernel")


def test_a_label_is_shared_by_all_objects_of_a_job_and_shown(jobs, theirs, show):
    (job,) = jobs(1)
    other = theirs.job(job.job_id())
    view = show(JobCard(job))
    other.label = "  my\tfirst\n one "
    assert (job.label, other.label) == ("my first one", "my first one")
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert message["jobs"][0]["name"] == "my first one"
    job.label = ""
    assert other.label is None


@pytest.mark.parametrize("wrong", [5, ["x"], "x" * 201])
def test_what_is_no_label_is_refused(jobs, wrong):
    (job,) = jobs(1)
    with pytest.raises(IBMInputValueError, match="label"):
        job.label = wrong
    assert job.label is None


def test_a_label_is_remembered_in_another_kernel(jobs, fake, theirs, show, monkeypatch, tmp_path):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    (job,) = jobs(1)
    job.label = "the good one"
    assert History.default().flush()
    another = QiskitRuntimeService(params=fake.http.params())
    try:
        assert another.job(job.job_id()).label == "the good one"
    finally:
        another.close()
        History.default().close()
    assert "the good one" not in json.dumps(fake.bodies)
