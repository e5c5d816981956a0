"""A monitor of this machine's history: what can be found again is live, and the rest says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from support.scripted import CRN
from support.views import page_of, settle

from runtime_widgets import history_services
from runtime_widgets.history import History, HistoryEntry
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")

NOW = datetime.now(timezone.utc)
THERE, AWAY = CRN, "crn:away"


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    history = History.default()
    yield history
    history.close()


@pytest.fixture
def there(fake, calm, monkeypatch):
    """The one service that can be asked; the other has ended."""
    service = QiskitRuntimeService(params=fake.http.params())
    known = {THERE: service}
    monkeypatch.setattr(history_services, "services_for", lambda _entries: known)
    yield service
    service.close()


def remember(history, job_id, instance, status, hours, **more):
    when = NOW - timedelta(hours=hours)
    entry = HistoryEntry(
        job_id,
        instance,
        device="ibm_x",
        program="sampler",
        status=status,
        final=status == "Completed",
        created=when,
        noted=when,
        last_seen=when,
        **more,
    )
    history.add(entry)
    return entry


def test_jobs_that_can_be_found_again_are_live_and_the_others_say_how_old_they_are(
    history, fake, there
):
    fake.add("found", "Completed", created=(NOW - timedelta(hours=3)).isoformat())
    remember(history, "found", THERE, "Queued", 3)
    old = remember(history, "waited", AWAY, "Queued", 2, tags=("a",), usage_seconds=1.5)
    remember(history, "ended", AWAY, "Completed", 1)
    history.set_label("waited", AWAY, "mine")
    monitor = JobMonitor.recent()
    assert [job.job_id() for job in monitor.jobs] == ["found"]
    rows = page_of(monitor)
    assert set(rows) == {"found", "waited", "ended"}
    assert (rows["found"]["label"], rows["found"]["as_of"]) == ("Done", None)
    waited = rows["waited"]
    assert (waited["label"], waited["final"], waited["name"]) == ("Queued", False, "mine")
    assert (waited["tags"], waited["usage_s"]) == (["a"], 1.5)
    assert waited["as_of"] == pytest.approx(old.last_seen.timestamp())
    assert (rows["ended"]["label"], rows["ended"]["final"]) == ("Done", True)
    assert [call for call in fake.asked() if call.startswith("GET /jobs@")] == ["GET /jobs@0"]
    monitor.close()


def test_a_job_that_is_gone_from_its_service_is_shown_as_it_was_and_not_asked_for(
    history, fake, there
):
    remember(history, "deleted", THERE, "Completed", 3, gone=True, tags=("a",))
    monitor = JobMonitor.recent()
    row = page_of(monitor)["deleted"]
    assert (row["label"], row["gone"], row["tags"]) == ("Done", True, ["a"])
    assert not any("deleted" in call for call in fake.asked())
    monitor.close()


def test_one_that_its_service_knows_no_more_keeps_what_the_history_has_of_it(
    history, fake, there, monkeypatch
):
    remember(history, "lost", THERE, "Completed", 3, tags=("a",))
    monitor = JobMonitor.recent()
    assert page_of(monitor)["lost"]["label"] == "Done"
    (job,) = monitor.jobs
    job.tracker.job_gone("lost")
    settle(monitor)
    monitor.deliver()
    row = page_of(monitor)["lost"]
    assert (row["label"], row["gone"], row["tags"], row["device"]) == ("Done", True, ["a"], "ibm_x")
    monitor.close()


def test_what_a_saved_notebook_and_an_export_keep_of_a_memory_says_that_it_is_one(
    history, there, tmp_path
):
    old = remember(history, "waited", AWAY, "Running", 2)
    monitor = JobMonitor.recent()
    kept = monitor._repr_mimebundle_()[0]
    for kind in ("text/plain", "text/html"):
        assert f"Running, last known {old.last_seen:%Y-%m-%d %H:%M}" in kept[kind]
    monitor.to_csv(tmp_path / "jobs.csv")
    assert "last known" in (tmp_path / "jobs.csv").read_text()
    monitor.close()


def test_a_memory_gives_way_to_the_job_itself(history, fake, there):
    remember(history, "waited", AWAY, "Queued", 2)
    remember(history, "live", THERE, "Queued", 3)
    fake.add("live")
    monitor = JobMonitor.recent()
    fake.add("waited", "Running")
    monitor.add(there.job("waited"))
    settle(monitor)
    assert page_of(monitor)["waited"]["as_of"] is None
    assert len(page_of(monitor)) == 2
    monitor.close()


def test_only_the_newest_are_shown_and_services_end_with_the_view(history, there, monkeypatch):
    for number in range(5):
        remember(history, f"j{number}", AWAY, "Completed", number)
    closed = []
    monkeypatch.setattr(there, "close", lambda: closed.append(there))
    remember(history, "live", THERE, "Queued", 0)
    monitor = JobMonitor.recent(3)
    assert set(page_of(monitor)) == {"live", "j0", "j1"}
    assert closed == []
    monitor.close()
    assert closed == [there]
    monkeypatch.undo()


def test_where_nothing_was_kept_the_view_is_empty(history, there):
    monitor = JobMonitor.recent()
    assert page_of(monitor) == {}
    monitor.close()
