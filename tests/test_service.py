from __future__ import annotations

import json
import pickle
import socket
from datetime import datetime, timedelta, timezone

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.providers import JobStatus
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.quantum_info import SparsePauliOp
from support.embedded import bell, own_programs
from support.scripted import Answer
from support.service import FakeService
from support.waiting import until

from runtime_widgets import _pace, errors
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.budget import Budget
from runtime_widgets.options import RuntimeOptions
from runtime_widgets.primitives import EstimatorV2, SamplerV2
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.session import Session
from runtime_widgets.widgets.monitor import JobMonitor
from runtime_widgets.widgets.usage_meter import UsageMeter
from runtime_widgets.wire import JobRecord

DEVICE = "local_exact"


@pytest.fixture
def theirs(scripted):
    service = QiskitRuntimeService(params=scripted.params())
    yield service
    service.close()


@pytest.fixture
def sent(scripted):
    """Take every submission; return the function that gives the last one's body."""
    scripted.answers(Answer(200, {"id": "j", "backend": "b"}))
    return lambda: json.loads(scripted.seen[-1].body)


# running


def test_a_submission_says_all_that_was_asked_for_and_nothing_else(theirs, sent):
    job = theirs.run(
        "sampler",
        {"pubs": [bell()], "options": {"default_shots": 7}},
        {
            "backend": "b",
            "job_tags": ["t"],
            "max_execution_time": 300,
            "log_level": "DEBUG",
            "private": True,
            "image": "name:tag",
        },
        session_id="s",
    )
    body = sent()
    assert set(body["params"]) == {"pubs", "options", "version", "support_qiskit"}
    assert body["params"]["options"] == {"default_shots": 7}
    assert body["params"]["pubs"][0][0]["__type__"] == "QuantumCircuit"
    del body["params"]
    assert body == {
        "program_id": "sampler",
        "backend": "b",
        "tags": ["t"],
        "cost": 300,
        "log_level": "DEBUG",
        "private": True,
        "runtime": "name:tag",
        "session_id": "s",
    }
    assert (job.job_id(), job.tags, job.session_id, job.image) == ("j", ["t"], "s", "name:tag")
    assert job.version == 2


def test_what_was_not_said_is_left_out(theirs, sent):
    theirs.run("mine", {"x": 1}, backend="b")
    assert sent() == {"program_id": "mine", "backend": "b", "params": {"x": 1}}


@pytest.mark.parametrize(
    ("program", "inputs", "options"),
    [
        ("sampler", {"pubs": [bell()]}, {}),
        ("sampler", {"pubs": [5]}, {"backend": "b"}),
        ("estimator", {"pubs": [(bell(),)]}, {"backend": "b"}),
        ("echo", {}, {"backend": "b", "colour": "red"}),
        ("echo", {}, {"backend": "b", "job_tags": ["t"] * 9}),
        ("echo", {}, {"backend": "b", "job_tags": ["t" * 87]}),
        ("echo", {}, {"backend": "b", "job_tags": "text"}),
        ("echo", {}, {"backend": "b", "job_tags": 5}),
        ("echo", {}, {"backend": "b", "job_tags": [5]}),
        ("echo", {}, {"backend": 5}),
        ("echo", {}, {"backend": "b", "max_execution_time": 0}),
        ("echo", {}, {"backend": "b", "max_execution_time": "5"}),
        ("echo", {}, {"backend": "b", "max_execution_time": True}),
        ("echo", {}, {"backend": "b", "log_level": "LOUD"}),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    theirs, scripted, program, inputs, options
):
    with pytest.raises(errors.IBMInputValueError):
        theirs.run(program, inputs, options)
    assert scripted.seen == []


def test_options_may_be_an_object_or_short(theirs, sent):
    theirs.run("echo", {}, RuntimeOptions(backend="b", job_tags=["t"]))
    assert sent()["tags"] == ["t"]
    theirs.run("echo", {}, {"job_tags": ["old"]}, backend="b", tags=("new",))
    assert sent()["tags"] == ["new"]
    theirs.run("echo", {}, RuntimeOptions(backend="a", job_tags=["old"]), backend="b", tags=["new"])
    assert (sent()["backend"], sent()["tags"]) == ("b", ["new"])


def test_a_text_is_no_list_of_tags(theirs, scripted, service):
    with pytest.raises(errors.IBMInputValueError, match="list"):
        theirs.run("echo", {}, backend="b", tags="mine")
    with pytest.raises(errors.IBMInputValueError, match="list"):
        SamplerV2(service.backend(DEVICE), tags="mine").run([bell()])
    assert scripted.seen == []


def test_a_lost_answer_to_run_is_unknown_and_sent_once(theirs, scripted):
    scripted.answers(Answer(fault="reset"))
    with pytest.raises(errors.SubmissionUnknownError):
        theirs.run("echo", {}, backend="b")
    assert scripted.calls() == ["POST /api/v1/jobs"]


def rows(*ids):
    return [{"id": i, "status": "Queued", "backend": "b", "program": {"id": "echo"}} for i in ids]


def test_shorter_pages_than_were_asked_for_lose_no_job(theirs, scripted):
    fake = FakeService(scripted)
    fake.longest_page = 50
    for number in range(234):
        fake.add(f"j{number}", "Completed")
    assert len({job.job_id() for job in theirs.jobs(limit=None)}) == 234
    assert len(theirs.jobs(limit=60, skip=10)) == 60


def test_a_list_that_never_ends_is_ended(theirs, scripted):
    scripted.answers(Answer(200, {"jobs": rows("a", "b"), "count": 10**9}))
    assert [job.job_id() for job in theirs.jobs(limit=None)] == ["a", "b"]
    assert len(scripted.calls()) == 2


def test_a_lost_submission_can_be_looked_for_by_what_it_was(theirs, scripted):
    scripted.answers(Answer(200, {"id": "known"}), Answer(fault="reset"))
    theirs.run("echo", {}, backend="b", tags=["t"])
    before = datetime.now(timezone.utc)
    with pytest.raises(errors.SubmissionUnknownError, match=r"look\(\)") as caught:
        theirs.run("echo", {}, backend="b", tags=["t"], session_id="s")
    scripted.answers(Answer(200, {"jobs": rows("lost", "known"), "count": 2}))
    assert [job.job_id() for job in caught.value.look()] == ["lost"]
    query = scripted.seen[-1].query
    since = datetime.fromisoformat(query.pop("created_after")[0].replace("Z", "+00:00"))
    assert abs(since - caught.value.created_after) < timedelta(seconds=3)
    assert timedelta(0) <= before - since < timedelta(seconds=60)
    assert (query["backend"], query["program"], query["tags"]) == (["b"], ["echo"], ["t"])
    assert query["session_id"] == ["s"]
    scripted.answers(Answer(200, {"jobs": [], "count": 0}))
    assert caught.value.look() == []


def test_a_lost_submission_is_looked_for_by_the_service_s_clock(theirs, scripted):
    then = {"Date": "Mon, 23 Nov 2020 00:00:00 GMT"}
    scripted.answers(Answer(200, {"devices": []}, then), Answer(fault="reset"))
    theirs.client.backends()
    with pytest.raises(errors.SubmissionUnknownError) as caught:
        theirs.run("echo", {}, backend="b")
    assert caught.value.created_after.year == 2020


def test_a_lost_first_request_is_looked_for_by_the_service_s_clock_too(theirs, scripted):
    scripted.answers(Answer(fault="reset"))
    with pytest.raises(errors.SubmissionUnknownError) as caught:
        theirs.run("echo", {}, backend="b")
    then = {"Date": "Mon, 23 Nov 2020 00:00:00 GMT"}
    scripted.answers(Answer(200, {"jobs": [], "count": 0}, then))
    caught.value.look()
    assert scripted.seen[-1].query["created_after"][0].startswith("2020-11-22T23:59")


def test_what_was_lost_is_no_job_of_another_session_or_with_other_tags(theirs, scripted):
    scripted.answers(Answer(fault="reset"))
    with pytest.raises(errors.SubmissionUnknownError) as caught:
        theirs.run("echo", {}, backend="b", tags=["t"])
    others = [{"session_id": "s", "tags": ["t"]}, {"tags": ["t", "u"]}, {"tags": ["t"]}]
    found = [row | other for row, other in zip(rows("in", "with", "ours"), others, strict=True)]
    scripted.answers(Answer(200, {"jobs": found, "count": 3}))
    assert [job.job_id() for job in caught.value.look()] == ["ours"]


def test_a_lost_submission_goes_to_another_process_without_the_way_to_the_service(theirs, scripted):
    scripted.answers(Answer(fault="reset"))
    with pytest.raises(errors.SubmissionUnknownError) as caught:
        theirs.run("echo", {}, backend="b")
    there = pickle.loads(pickle.dumps(caught.value))
    assert (str(there), there.created_after) == (str(caught.value), caught.value.created_after)
    with pytest.raises(errors.RuntimeInvalidStateError, match="created_after"):
        there.look()


def test_each_run_of_the_embedded_runtime_has_a_key_of_its_own(scripted):
    scripted.answers(Answer(200, {"id": "j"}))
    service = QiskitRuntimeService(params=scripted.params("local"))
    for _ in range(2):
        service.run("echo", {}, backend="b")
    keys = {r.headers["idempotency-key"] for r in scripted.seen if r.method == "POST"}
    assert len(keys) == 2
    service.close()


def test_a_sampler_s_result_has_every_register_and_shape(service):
    angle = Parameter("a")
    circuit = QuantumCircuit(2)
    circuit.rx(angle, 0)
    circuit.measure_all()
    sampler = SamplerV2(service.backend(DEVICE), {"default_shots": 64}, tags=["ours"])
    job = sampler.run([(circuit, [[0.0], [3.14159265]]), (bell(), None, 32)])
    result = job.result(60)
    assert result[0].data.meas.shape == (2,)
    assert result[0].data.meas.get_counts(0) == {"00": 64}
    assert result[0].data.meas.get_counts(1) == {"01": 64}
    assert sum(result[1].data.meas.get_counts().values()) == 32
    assert job.tags == ["ours"]
    assert job.primitive_id == "sampler"


def test_an_estimator_s_result_has_values_and_errors(service):
    circuit = QuantumCircuit(1)
    circuit.x(0)
    job = EstimatorV2(service.backend(DEVICE)).run([(circuit, SparsePauliOp("Z"))], precision=0.1)
    result = job.result(60)
    assert float(result[0].data.evs) == pytest.approx(-1.0, abs=0.5)
    assert job.inputs["pubs"][0][0] == circuit


def test_what_the_runtime_refuses_it_says_why(service):
    with pytest.raises(errors.IBMNotFoundError, match="no-such-program"):
        service.run("no-such-program", {}, backend=DEVICE)
    with pytest.raises(errors.IBMApiError, match="no-such-device"):
        service.run("echo", {}, backend="no-such-device")
    unmeasured = QuantumCircuit(1)
    with pytest.raises(errors.IBMApiError) as caught:
        service.run("sampler", {"pubs": [unmeasured]}, backend=DEVICE)
    assert caught.value.status_code == 400


# finding


def test_jobs_are_found_by_what_they_are(service):
    mark = datetime.now(timezone.utc).isoformat()
    made = [service.run("echo", {"say": n}, backend=DEVICE, tags=[mark, str(n)]) for n in range(5)]
    other = service.run("echo", {}, backend="local_noisy", tags=[mark])
    ids = [job.job_id() for job in (*made, other)]

    def found(**filters):
        return [job.job_id() for job in service.jobs(job_tags=[mark], **filters)]

    assert found() == ids[::-1]
    assert found(descending=False) == ids
    assert found(limit=2) == ids[::-1][:2]
    assert found(limit=2, skip=3) == ids[::-1][3:5]
    assert found(limit=None) == ids[::-1]
    assert found(backend_name="local_noisy") == [other.job_id()]
    assert found(program_id="sampler") == []
    assert [j.job_id() for j in service.jobs(job_tags=[mark, "3"])] == [ids[3]]
    for job in (*made, other):
        job.wait_for_final_state(60)
    assert found(pending=True) == []
    assert found(pending=False) == ids[::-1]
    now = datetime.now(timezone.utc)
    assert found(created_after=now - timedelta(minutes=10)) == ids[::-1]
    assert found(created_before=now - timedelta(minutes=10)) == []
    assert found(created_after=datetime.now() - timedelta(minutes=10)) == ids[::-1]  # noqa: DTZ005
    assert found(created_after=datetime.now() + timedelta(minutes=10)) == []  # noqa: DTZ005


def test_listed_jobs_know_what_the_list_said_without_being_asked_for(scripted, theirs):
    fake = FakeService(scripted)
    for number in range(450):
        fake.add(f"j{number}", "Completed")
    jobs = theirs.jobs(limit=None)
    assert len(jobs) == 450
    assert {job.status() for job in jobs} == {JobStatus.DONE}
    assert fake.asked() == ["GET /jobs@0", "GET /jobs@200", "GET /jobs@400"]


def test_a_count_that_lies_does_not_spin_for_ever(scripted, theirs):
    row = {"id": "j", "status": "Queued"}
    scripted.script = lambda r: Answer(
        200,
        {"access_token": "b"}
        if r.path == "/identity/token"
        else {"jobs": [row] if r.query["offset"] == ["0"] else [], "count": 10**9},
    )
    assert len(theirs.jobs(limit=None)) == 1
    assert len(scripted.calls("GET")) == 2


def test_another_instance_is_never_switched_to(service):
    with pytest.raises(errors.IBMInputValueError, match="service of its own"):
        service.jobs(instance="crn:another")
    service.jobs(instance=service.active_instance(), limit=1)


def test_a_job_that_never_was_is_not_found(service):
    with pytest.raises(errors.RuntimeJobNotFound) as caught:
        service.job("never-was")
    assert caught.value.status_code == 404
    assert isinstance(caught.value, errors.IBMRuntimeError)


def test_the_instance_tells_its_usage(service):
    usage = service.usage()
    assert usage["instance_id"] == service.active_instance()
    assert usage["usage_consumed_seconds"] >= 0


# closing


def test_a_closed_service_can_still_be_asked(runtime):
    service = QiskitRuntimeService(params=runtime.params())
    job = service.run("echo", {"say": 1}, backend=DEVICE)
    job.wait_for_final_state(60)
    service.close()
    service.close()
    assert job.status() is JobStatus.DONE
    assert service.job(job.job_id()).result(20) == 1


# a server that dies under its users


def test_twenty_jobs_outlive_a_server_that_is_killed_and_none_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.2)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    flag = tmp_path / "go"
    runtime = own_programs("--port", port, data=tmp_path / "data")
    with runtime:
        service = QiskitRuntimeService(params=runtime.params())
        jobs = [
            service.run("hold", {"until": str(flag), "answer": n}, backend=DEVICE) for n in range(2)
        ]
        jobs += [service.run("echo", {"say": n}, backend=DEVICE) for n in range(2, 20)]
        ended = []
        for job in jobs:
            job.add_done_callback(lambda j: ended.append(j.job_id()))
        until(lambda: jobs[0].state.status is JobStatus.RUNNING, "Running")
        runtime.kill()
        runtime.start()
        until(lambda: jobs[0].state.status is JobStatus.RUNNING, "Running again")
        flag.touch()
        until(lambda: jobs[3].state.status is JobStatus.DONE, "the first few")
        runtime.kill()
        runtime.start()
        assert [job.result(60) for job in jobs] == list(range(20))
        until(lambda: len(ended) == 20, "all callbacks")
        assert sorted(ended) == sorted(job.job_id() for job in jobs)
        assert {job.status() for job in jobs} == {JobStatus.DONE}
        listed = service.jobs(limit=None)
        assert sorted(j.job_id() for j in listed) == sorted(ended)
        assert all(job.state.stale_since is None for job in jobs)
        service.close()


def test_a_device_that_is_none_is_not_found(service):
    with pytest.raises(QiskitBackendNotFoundError, match="no-such"):
        service.backend("no-such")
    with pytest.raises(QiskitBackendNotFoundError, match="No device has 10000 qubits"):
        service.least_busy(min_num_qubits=10_000)


def test_options_of_a_primitive_are_attributes_too(service):
    sampler = SamplerV2(service.backend("local_exact"), {"default_shots": 10})
    assert sampler.options.default_shots == 10
    sampler.options.default_shots = 7
    result = sampler.run([bell()]).result(60)
    assert result[0].data.meas.num_shots == 7


@pytest.mark.parametrize("primitive", [SamplerV2, EstimatorV2])
def test_a_primitive_without_a_device_says_so(primitive):
    with pytest.raises(errors.IBMInputValueError, match="local_exact"):
        primitive("local_exact")


def test_an_unknown_device_is_told_with_those_there_are(service):
    with pytest.raises(QiskitBackendNotFoundError, match="local_exact"):
        service.backend("local_exat")


def test_a_negative_number_of_jobs_is_refused(service):
    with pytest.raises(errors.IBMInputValueError, match="limit is a whole number of jobs, 0 or"):
        service.jobs(limit=-1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": "5"}, "limit is a whole number of jobs, 0 or more, not '5'; None for all."),
        ({"limit": 2.5}, "limit is a whole number of jobs, 0 or more, not 2.5; None for all."),
        ({"skip": None}, "skip is a whole number of jobs, 0 or more, not None."),
        ({"created_after": "yesterday"}, "created_after is a datetime, such as "),
        ({"created_before": 5.0}, "created_before is a datetime, such as "),
        ({"job_tags": "mine"}, "tags is a list of texts, not 'mine'."),
        ({"pending": "yes"}, "pending is True, False, or None for both, not 'yes'."),
    ],
    ids=str,
)
def test_what_cannot_be_meant_of_a_list_is_refused_before_anything_is_asked(
    theirs, scripted, wrong, said
):
    asked = list(scripted.seen)
    with pytest.raises(errors.IBMInputValueError) as refused:
        theirs.jobs(**wrong)
    assert said in str(refused.value)
    assert scripted.seen == asked


def test_a_service_that_was_closed_says_so_and_begins_nothing_new(theirs, scripted, sent):
    job = theirs.run("echo", {}, backend="b")
    job.tracker.offer(JobRecord("j", "Completed"))
    assert "closed" not in repr(theirs)
    theirs.close()
    assert repr(theirs).endswith(", closed>")
    asked = len(scripted.seen)
    for begin in (
        lambda: theirs.run("echo", {}, backend="b"),
        lambda: JobMonitor(service=theirs),
        lambda: UsageMeter(theirs),
        lambda: Budget(1, service=theirs),
        lambda: Session(RuntimeBackend(theirs, theirs.client, {"backend_name": "b"})),
    ):
        with pytest.raises(errors.RuntimeInvalidStateError, match="was closed: make it anew"):
            begin()
    # What is known of a job that has ended is no less true.
    assert job.status() is JobStatus.DONE
    job.wait_for_final_state(timeout=5)
    assert len(scripted.seen) == asked
