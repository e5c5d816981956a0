"""Sessions and batches as users have them: on the embedded runtime, and on a service that errs."""

from __future__ import annotations

import logging
from datetime import timezone

import pytest
from support import tracking
from support.embedded import bell
from support.scripted import Answer
from support.service import FakeService
from support.waiting import until

from runtime_widgets import _pace, errors
from runtime_widgets.batch import Batch
from runtime_widgets.primitives import EstimatorV2, SamplerV2
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.session import Session, current_session

DEVICE = "local_exact"


@pytest.fixture
def device(service):
    return service.backend(DEVICE)


@pytest.fixture
def fake(scripted):
    return FakeService(scripted)


@pytest.fixture
def theirs(fake):
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


@pytest.fixture
def calm(monkeypatch):
    """Look only when a test says so."""
    for name in ("interval_s", "session_interval_s"):
        monkeypatch.setattr(_pace, name, lambda _age_s, **_running: 1000.0)
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 1000.0)


def settle(service):
    """Wait until the tracker has done all that it was told so far."""
    tracking.settle(service._tracker)


# on the embedded runtime


@pytest.mark.parametrize(("kind", "mode"), [(Session, "dedicated"), (Batch, "batch")])
def test_primitives_run_in_a_session(service, device, kind, mode):
    with kind(device, max_time="1h 5m") as session:
        assert session.state.word == "open"
        assert session.status() == "Pending"
        job = SamplerV2(mode=session).run([bell()], shots=10)
        value = EstimatorV2(mode=session).run([(bell().remove_final_measurements(False), "ZZ")])
        assert job.session_id == value.session_id == session.session_id
        assert job.result()[0].data.meas.num_shots == 10
        assert value.result()[0].data.evs == pytest.approx(1.0, abs=0.2)
        assert session.status() == "In progress, accepting new jobs"
    until(lambda: session.status() == "Closed", "the end")
    details = session.details()
    assert details["mode"] == mode
    assert details["max_time"] == 3900
    assert details["backend_name"] == session.backend() == DEVICE
    assert [stamp["status"] for stamp in details["timestamps"]][:2] == ["open", "active"]
    assert session.usage() == details["usage_time"] > 0
    listed = service.jobs(session_id=session.session_id)
    assert {one.job_id() for one in listed} == {job.job_id(), value.job_id()}


def test_primitives_without_a_mode_run_in_the_session_of_their_block(device):
    assert current_session() is None
    with Session(device) as outer:
        with Batch(device) as inner:
            assert SamplerV2().mode is inner
        sampler = SamplerV2()
        assert (sampler.mode, sampler.backend()) == (outer, device)
    assert current_session() is None
    with pytest.raises(errors.IBMInputValueError, match="mode is a device"):
        SamplerV2()


def test_a_closed_session_takes_no_job_and_lets_its_jobs_run(service, device, flag):
    session = Session(device)
    job = session.run("hold", {"until": str(flag)})
    session.close()
    with pytest.raises(errors.RuntimeInvalidStateError, match="closed"):
        session.run("echo", {})
    assert session.status() == "In progress, not accepting new jobs"
    other = service.session(session.session_id)
    with pytest.raises(errors.IBMApiError) as refused:
        other.run("echo", {})
    assert refused.value.code == 4001
    flag.touch()
    assert job.result() == "held"
    until(lambda: session.status() == "Closed", "the end")


def test_cancelling_ends_what_waits(device, flag):
    session = Session(device)
    running = session.run("hold", {"until": str(flag)})
    waiting = session.run("echo", {"say": 1})
    session.close()
    session.cancel()
    until(waiting.cancelled, "the cancelled job")
    assert waiting.state.record.reason_code == 4001
    flag.touch()
    assert running.result() == "held"


def test_a_session_is_found_again_by_its_id(service, device):
    session, batch = Session(device), Batch(device)
    for opened in (session, batch):
        again = service.session(opened.session_id)
        assert type(again) is type(opened)
        assert again.state is opened.state
        assert type(opened).from_id(opened.session_id, service).session_id == opened.session_id
        assert again.device() is device
        again.close()
    for kind, other in ((Session, batch), (Batch, session)):
        with pytest.raises(errors.IBMInputValueError, match="its mode is"):
            kind.from_id(other.session_id, service)
    with pytest.raises(errors.IBMInputValueError, match="no session"):
        Session.from_id("none", service)
    with pytest.raises(errors.IBMNotFoundError):
        service.session("none")


def test_the_state_of_a_session_is_pushed(device, flag):
    session = Session(device)
    words = []
    session.observe(lambda change: words.append(change.new), "word")
    job = session.run("hold", {"until": str(flag)})
    until(lambda: words == ["active"], "the first job's start")
    assert session.state.record.started.tzinfo is timezone.utc
    session.close()
    until(lambda: session.state.accepting_jobs is False, "the closing")
    assert session.state.status == "In progress, not accepting new jobs"
    flag.touch()
    assert job.result() == "held"
    assert session.state.wait(20)
    until(lambda: words == ["active", "closed"], "the end")
    assert session.state.usage_seconds > 0


def test_the_usage_of_a_session_that_idles_open_is_read_as_it_grows(device, monkeypatch):
    monkeypatch.setattr(_pace, "session_interval_s", lambda _age_s, **_active: 0.2)
    monkeypatch.setattr("runtime_widgets._session_watch.SHORTEST_SESSION_S", 0.2)
    with Session(device) as session:
        used = []
        session.observe(lambda _change: used.append(session.state.usage_seconds), "record")
        session.run("sampler", {"pubs": [bell()]}).result()
        until(lambda: session.state.usage_seconds, "the first usage")
        del used[:]
        until(lambda: len(set(used)) > 3, "a usage that grows while nothing runs")
        assert session.state.word == "active"
        assert used == sorted(used)


def test_a_session_says_in_one_line_how_it_is(device):
    session = Session(device)
    assert repr(session) == f"<Session {session.session_id}: open, on {DEVICE}>"
    session.close()
    until(lambda: session.status() == "Closed", "the end")
    assert repr(session) == f"<Session {session.session_id}: closed, on {DEVICE}>"
    unopened = Batch(device, create_new=False)
    assert unopened.session_id is unopened.status() is unopened.usage() is unopened.details()
    assert repr(unopened) == f"<Batch: not opened, on {DEVICE}>"
    assert unopened.run("echo", {"say": 1}).result() == 1


def test_what_the_service_has_is_listed_and_looking_changes_nothing(service, device):
    before = service.sessions(None)
    with Session(device) as session:
        assert session.run("echo", {"say": 1}).result() == 1
        batch = Batch(device)
        found = service.sessions()
        assert [one.session_id for one in found[:2]] == [batch.session_id, session.session_id]
        assert [type(one) for one in found[:2]] == [Batch, Session]
        assert found[1].state is session.state
        assert found[1].state.record.max_ttl_s == 8 * 3600, "a list says less"
        assert found[0].backend() == DEVICE
        assert [o.session_id for o in service.sessions(1, mode="batch")] == [batch.session_id]
        told = session.details()["timestamps"]
        service.session(session.session_id).details()
        service.sessions(None)
        assert session.details()["timestamps"] == told
    batch.close()
    until(lambda: {session.status(), batch.status()} == {"Closed"}, "the end")
    assert len(service.sessions(None)) == len(before) + 2
    ids = {session.session_id, batch.session_id}
    assert not ids & {one.session_id for one in service.sessions(None, pending=True)}
    assert ids <= {one.session_id for one in service.sessions(None, pending=False)}
    assert service.sessions(backend_name="no such device") == []


@pytest.mark.parametrize(
    ("max_time", "seconds"),
    [(None, 8 * 3600), (90, 90), ("90s", 90), ("2h 30m 40s", 9040), ("1d", 86400), ("1h5m", 3900)],
)
def test_a_time_is_a_number_of_seconds_or_a_text(device, max_time, seconds):
    with Session(device, max_time) as session:
        assert session.state.record.max_ttl_s == seconds


@pytest.mark.parametrize("max_time", [0, -5, True, 1.5, "", "soon", "5", "5 years", "1h nonsense"])
def test_what_is_no_time_is_refused_before_anything_is_sent(theirs, fake, max_time, a_device):
    with pytest.raises(errors.IBMInputValueError, match="max_time"):
        Session(a_device, max_time)
    with pytest.raises(errors.IBMInputValueError, match="backend is a device"):
        Session("ibm_x")
    assert fake.asked() == []


# on a service of which the test writes the records


@pytest.fixture
def a_device(theirs, fake):
    fake.configurations["ibm_x"] = {"backend_name": "ibm_x", "n_qubits": 5, "simulator": False}
    device = theirs.backend("ibm_x")
    fake.forget_requests()
    return device


def test_looking_opens_and_prolongs_nothing(theirs, fake):
    fake.add_session("s", "open")
    session = theirs.session("s")
    session.status(), session.details(), session.usage(), repr(session), session.state.word
    theirs.session("s")
    assert fake.asked() == ["GET /sessions/s"] * 5


def test_a_session_that_is_only_held_is_not_asked_for(theirs, fake, calm):
    fake.add_session("s", "active")
    session = theirs.session("s")
    settle(theirs)
    fake.forget_requests()
    handler = lambda _change: None  # noqa: E731
    session.observe(handler, "word")
    settle(theirs)
    assert fake.asked() == ["GET /sessions/s"]
    session.unobserve(handler, "word")
    fake.forget_requests()
    theirs._tracker.look_now()
    settle(theirs)
    assert fake.asked() == []


def test_a_session_is_asked_for_until_it_is_closed(theirs, fake, calm):
    fake.add_session("s", "active")
    session = theirs.session("s")
    session.observe(lambda _change: None)
    settle(theirs)
    fake.sessions["s"]["state"] = "closed"
    for _ in range(3):
        theirs._tracker.look_now()
        settle(theirs)
    assert session.state.is_final
    assert fake.asked() == ["GET /sessions/s"] * 3


def test_jobs_and_sessions_are_looked_at_each_at_its_own_pace(theirs, fake, calm):
    fake.add("j", "Running")
    fake.add_session("s", "active")
    theirs.job("j").observe(lambda _change: None)
    theirs.session("s").observe(lambda _change: None)
    settle(theirs)
    fake.forget_requests()
    theirs._tracker._roll.find("j").due = 0.0
    theirs._tracker._do(theirs._tracker._hurry)
    settle(theirs)
    assert "GET /jobs/j" in fake.asked()
    assert "GET /sessions/s" not in fake.asked(), "its turn has not come"


def test_a_session_that_cannot_be_read_is_stale_and_hides_nothing(theirs, fake, calm):
    fake.add("j", "Running")
    fake.add_session("s", "active")
    job, session = theirs.job("j"), theirs.session("s")
    job.observe(lambda _change: None)
    session.observe(lambda _change: None)
    settle(theirs)
    fake.trouble_at["/sessions/s"] = Answer(500, {"errors": [{"code": 9999, "message": "no"}]})
    theirs._tracker.look_now()
    settle(theirs)
    assert session.state.stale_since is not None
    assert job.state.stale_since is None
    assert "1 session could not be read" in theirs._tracker.health.trouble
    del fake.trouble_at["/sessions/s"]
    theirs._tracker.look_now()
    settle(theirs)
    assert session.state.stale_since is None
    assert theirs._tracker.health.trouble is None


def test_a_session_that_the_service_denies_twice_is_gone(theirs, fake, calm, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.01)
    fake.add_session("s", "active")
    session = theirs.session("s")
    session.observe(lambda _change: None)
    settle(theirs)
    fake.forget_requests()
    del fake.sessions["s"]
    theirs._tracker.look_now()
    until(lambda: session.state.gone, "the end")
    assert session.state.is_final
    assert fake.asked() == ["GET /sessions/s"] * 2


def test_an_unknown_state_is_shown_as_it_came(theirs, fake):
    fake.add_session("s", "hibernating")
    session = theirs.session("s")
    assert session.status() == session.state.word == "hibernating"
    assert not session.state.is_final


@pytest.mark.parametrize(
    ("word", "accepting", "status"),
    [
        ("open", True, "Pending"),
        ("inactive", True, "Pending"),
        ("active", True, "In progress, accepting new jobs"),
        ("pending_inactive", True, "In progress, accepting new jobs"),
        ("active", False, "In progress, not accepting new jobs"),
        ("pending_closed", False, "In progress, not accepting new jobs"),
        ("closed", False, "Closed"),
    ],
)
def test_states_are_told_in_the_usual_words(theirs, fake, word, accepting, status):
    fake.add_session("s", word, accepting_jobs=accepting)
    assert theirs.session("s").status() == status


def test_a_session_is_closed_once(theirs, fake, a_device):
    with Session(a_device) as session:
        session.close()
    assert fake.asked() == ["POST /sessions", f"PATCH /sessions/{session.session_id}"]
    assert fake.bodies[-2:] == [
        {"mode": "dedicated", "backend": "ibm_x", "instance": theirs.active_instance()},
        {"accepting_jobs": False},
    ]


def test_what_was_asked_to_close_says_so_until_the_service_does(theirs, fake, a_device):
    session = Session(a_device)
    session.close()
    assert (
        repr(session) == f"<Session {session.session_id}: open, asked to close, on {a_device.name}>"
    )


def test_an_exception_closes_the_session_too(theirs, fake, a_device):
    with pytest.raises(ZeroDivisionError), Batch(a_device, 60):
        _ = 1 / 0
    assert [call.split()[0] for call in fake.asked()] == ["POST", "PATCH"]


def test_a_failing_close_does_not_hide_the_error_of_the_block(theirs, fake, a_device, caplog):
    refused = Answer(403, {"errors": [{"code": 1201, "message": "Not yours."}]})

    def fails():
        fake.trouble = refused
        raise ZeroDivisionError

    with caplog.at_level(logging.WARNING), pytest.raises(ZeroDivisionError), Session(a_device) as s:
        fails()
    assert f"Session {s.session_id} could not be closed: Not yours." in caplog.text
    fake.trouble = None
    with pytest.raises(errors.IBMAuthError), Session(a_device):
        fake.trouble = refused


def test_a_session_that_is_gone_is_closed(theirs, fake, a_device):
    with Session(a_device):
        fake.sessions.clear()


def test_a_lost_answer_opens_no_second_session(theirs, fake, a_device):
    fake.trouble = Answer(502, b"<html>")
    with pytest.raises(errors.IBMServerError):
        Session(a_device)
    assert fake.asked() == ["POST /sessions"]


# the list


def row(number, mode="session", **more):
    created = f"2026-11-23T00:00:{number:02}Z"
    return {"id": f"s{number}", "mode": mode, "backend": "ibm_x", "created": created, **more}


@pytest.mark.parametrize("status", [404, 405])
def test_where_there_is_no_list_the_sessions_are_those_of_the_jobs(theirs, fake, status):
    fake.trouble_at["/workloads"] = Answer(status)
    created = "2026-11-23T00:00:0{}Z"
    fake.add_session("s1", "closed", created=created.format(1))
    fake.add_session("s2", "active", created=created.format(2), mode="batch")
    fake.add_session("s3", "active", created=created.format(3))
    for number, session_id in enumerate([None, "s1", "s3", "s2", "s3", "deleted"]):
        fake.add(f"j{number}", session_id=session_id)
    assert [one.session_id for one in theirs.sessions()] == ["s3", "s2", "s1"]
    assert fake.asked().count("GET /sessions/s3") == 1
    assert [type(one) for one in theirs.sessions(mode="batch")] == [Batch]
    assert [one.session_id for one in theirs.sessions(pending=False)] == ["s1"]
    fake.forget_requests()
    assert [one.session_id for one in theirs.sessions(1)] == ["s3"]
    assert fake.asked() == [
        "GET /workloads",
        "GET /jobs@0",
        "GET /sessions/deleted",
        "GET /sessions/s3",
    ]


def test_a_list_that_leads_in_a_circle_has_an_end(theirs, scripted):
    def circle(request):
        here = request.query.get("next", ["a"])[0]
        there = f"{scripted.url}?next={'b' if here == 'a' else 'a'}"
        return Answer(200, {"workloads": [{"id": here}], "next": {"href": there}})

    answer = scripted.script
    scripted.script = lambda r: circle(r) if r.path.endswith("/workloads") else answer(r)
    found = theirs.sessions(None, mode="batch")
    assert {one.session_id for one in found} == {"a", "b"}
    assert len(scripted.calls("GET /api/v1/workloads")) <= 4


def test_sessions_and_batches_are_listed_newest_first(theirs, fake):
    fake.workloads = [
        row(1, status="completed", accepting_jobs=False, ended="2026-11-23T01:00:00Z"),
        row(2, "batch", status="in_progress", accepting_jobs=True, usage_seconds=3.5),
        row(3, status="pending", accepting_jobs=True),
    ]
    found = theirs.sessions()
    assert [(type(one), one.session_id) for one in found] == [
        (Session, "s3"),
        (Batch, "s2"),
        (Session, "s1"),
    ]
    assert [one.state.status for one in found] == [
        "Pending",
        "In progress, accepting new jobs",
        "Closed",
    ]
    assert found[1].state.usage_seconds == 3.5
    assert found[2].state.is_final
    assert fake.asked() == ["GET /workloads", "GET /workloads"]
    assert [one.session_id for one in theirs.sessions(1, mode="batch")] == ["s2"]
    assert [one.session_id for one in theirs.sessions(2)] == ["s3", "s2"]


def test_a_list_is_read_page_by_page(theirs, fake):
    fake.workloads = [row(number, status="pending") for number in range(60)]
    assert len(theirs.sessions(None, mode="dedicated")) == 60
    assert [one.session_id for one in theirs.sessions(2, mode="dedicated")] == ["s59", "s58"]


def test_the_filters_of_the_list_are_the_service_s(theirs, fake):
    theirs.sessions(5, mode="batch", backend_name="ibm_x", pending=True)
    (request,) = [one for one in fake.http.seen if one.path.endswith("/workloads")]
    assert request.query == {
        "mode": ["batch"],
        "sort": ["-createdAt"],
        "limit": ["5"],
        "backend": ["ibm_x"],
        "status": ["pending", "in_progress"],
    }
    for wrong in ({"mode": "fast"}, {"limit": -1}):
        with pytest.raises(errors.IBMInputValueError):
            theirs.sessions(**wrong)


def test_a_list_does_not_take_away_what_was_known_better(theirs, fake):
    fake.add_session("s1", "inactive", max_ttl=600)
    session = theirs.session("s1")
    fake.workloads = [row(1, status="in_progress", usage_seconds=2.0)]
    theirs.sessions(mode="dedicated")
    assert session.state.record.max_ttl_s == 600
    assert session.state.word == "inactive"
    assert session.state.usage_seconds == 2.0
