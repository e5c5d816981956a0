"""The interface that the project was asked for, name by name, against a true runtime."""

from __future__ import annotations

import inspect
from datetime import datetime, timezone

import pytest
from qiskit.primitives import PrimitiveResult
from qiskit.providers import Backend, JobStatus, JobV1
from support.embedded import bell
from support.waiting import until

from runtime_widgets import errors
from runtime_widgets.backend_properties import BackendProperties
from runtime_widgets.base_job import BaseRuntimeJob
from runtime_widgets.client import RuntimeClient
from runtime_widgets.codec import ResultDecoder
from runtime_widgets.job import RuntimeJob
from runtime_widgets.params import ClientParameters
from runtime_widgets.queue_info import QueueInfo
from runtime_widgets.service import QiskitRuntimeService

NEEDED = inspect.Parameter.empty
CONSTRUCTOR = {
    "backend": NEEDED,
    "api_client": NEEDED,
    "client_params": NEEDED,
    "job_id": NEEDED,
    "program_id": NEEDED,
    "service": NEEDED,
    "creation_date": None,
    "user_callback": None,
    "result_decoder": None,
    "image": "",
    "session_id": None,
    "tags": None,
    "version": None,
}
PROPERTIES = (
    *("creation_date", "image", "inputs", "instance"),
    *("primitive_id", "session_id", "tags", "usage_estimation"),
)
METHODS = {
    "backend": {"timeout": None},
    "cancel": {},
    "cancel_result_streaming": {},
    "cancelled": {},
    "done": {},
    "error_message": {},
    "errored": {},
    "in_final_state": {},
    "interim_results": {"decoder": None},
    "job_id": {},
    "logs": {},
    "metrics": {},
    "properties": {"refresh": False},
    "queue_info": {},
    "queue_position": {"refresh": False},
    "result": {"timeout": None, "decoder": None},
    "running": {},
    "status": {},
    "stream_results": {"callback": NEEDED, "decoder": None},
    "submit": {},
    "update_tags": {"new_tags": NEEDED},
    "usage": {},
    "wait_for_final_state": {"timeout": None},
}


def parameters(function):
    given = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in given if p.name != "self"}


# the shape


def test_the_constructor_takes_what_it_took_in_that_order():
    found = parameters(RuntimeJob.__init__)
    assert list(found.items()) == list(CONSTRUCTOR.items())
    kinds = {p.kind for p in inspect.signature(RuntimeJob).parameters.values()}
    assert kinds == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_its_bases_are_those_named():
    assert RuntimeJob.__bases__ == (JobV1, BaseRuntimeJob)


def test_the_class_attributes_have_their_values():
    assert RuntimeJob.ERROR == "job incurred error"
    final = (JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR)
    assert final == RuntimeJob.JOB_FINAL_STATES
    assert RuntimeJob.version == 1


@pytest.mark.parametrize("name", PROPERTIES)
def test_each_property_is_one_and_cannot_be_set(name):
    attribute = inspect.getattr_static(RuntimeJob, name)
    assert isinstance(attribute, property)
    assert attribute.fset is None
    assert attribute.__doc__


@pytest.mark.parametrize("name", METHODS)
def test_each_method_takes_what_it_took(name):
    method = getattr(RuntimeJob, name)
    assert list(parameters(method).items()) == list(METHODS[name].items())
    assert inspect.getdoc(method)


def test_run_takes_a_callback_and_a_decoder():
    found = parameters(QiskitRuntimeService.run)
    names = list(found)
    assert names[:2] == ["program_id", "inputs"]
    assert found["callback"] is None
    assert found["result_decoder"] is None


def test_the_names_that_it_leans_on_are_there():
    assert issubclass(errors.IBMRuntimeError, errors.IBMError)
    for thing in (RuntimeClient, ClientParameters, ResultDecoder, QueueInfo, BackendProperties):
        assert inspect.isclass(thing)
    assert callable(ResultDecoder.decode)


# the answers of a job that ended well


@pytest.fixture(scope="module")
def module_service(runtime):
    service = QiskitRuntimeService(params=runtime.params())
    yield service
    service.close()


@pytest.fixture(scope="module")
def pubs():
    circuit = bell()
    return [(circuit, None, 256)]


@pytest.fixture(scope="module")
def done(module_service, pubs):
    job = module_service.run(
        "sampler",
        {"pubs": pubs, "options": {"simulator": {"seed_simulator": 5}}},
        backend="local_exact",
        tags=["seed", "interface"],
    )
    job.wait_for_final_state(60)
    return job


def test_result_is_the_decoded_result(done):
    result = done.result()
    assert isinstance(result, PrimitiveResult)
    counts = result[0].data.meas.get_counts()
    assert set(counts) <= {"00", "11"}
    assert sum(counts.values()) == 256


def test_the_status_methods_agree(done):
    assert done.status() is JobStatus.DONE
    assert (done.done(), done.running(), done.cancelled(), done.errored()) == (
        True,
        False,
        False,
        False,
    )
    assert done.in_final_state()
    assert done.error_message() is None


def test_backend_is_the_device(done):
    backend = done.backend(timeout=5)
    assert isinstance(backend, Backend)
    assert backend.name == "local_exact"


def test_who_and_what(done, module_service):
    assert done.primitive_id == "sampler"
    assert done.instance == module_service.active_instance()
    assert done.session_id is None
    assert done.image == ""
    assert done.version == 2
    assert module_service.job(done.job_id()).job_id() == done.job_id()


def test_creation_date_is_local_time(done):
    created = done.creation_date
    assert created.tzinfo is not None
    assert created.utcoffset() == datetime.now().astimezone().utcoffset()
    age = datetime.now(timezone.utc) - created
    assert 0 <= age.total_seconds() < 600


def test_inputs_are_what_was_sent(done, pubs):
    inputs = done.inputs
    circuit, values, shots = inputs["pubs"][0]
    assert circuit == pubs[0][0]
    assert shots == 256
    assert values is None or not len(values)
    assert inputs["options"] == {"simulator": {"seed_simulator": 5}}


def test_tags_are_those_given(done):
    assert done.tags == ["seed", "interface"]


def test_usage_is_counted_in_seconds_and_closed(done):
    assert done.usage() >= 0
    metrics = done.metrics()
    assert metrics["usage"]["status"].startswith("complete")
    assert metrics["usage"]["qpu_charge_time_seconds"] == pytest.approx(done.usage())
    assert set(metrics["timestamps"]) >= {"created", "running", "finished"}


def test_the_estimate_is_a_number_of_seconds_once_such_a_job_was_measured(
    done, module_service, pubs
):
    job = module_service.run("sampler", {"pubs": pubs}, backend="local_exact")
    estimate = job.usage_estimation
    assert list(estimate) == ["quantum_seconds"]
    assert estimate["quantum_seconds"] > 0
    assert list(done.usage_estimation) == ["quantum_seconds"]


def test_a_job_that_does_not_wait_has_no_place_in_the_queue(done):
    assert done.queue_info() is None
    assert done.queue_position() is None
    assert done.queue_position(refresh=True) is None


def test_properties_are_the_device_s_calibration_or_none(done, module_service, runtime):
    assert done.properties() is None or isinstance(done.properties(), BackendProperties)
    noisy = module_service.run("echo", {"say": 1}, backend="local_noisy")
    properties = noisy.properties()
    assert isinstance(properties, BackendProperties)
    assert properties.backend_name == "local_noisy"
    assert noisy.properties() is properties
    assert noisy.properties(refresh=True) is not properties


def test_submit_is_refused(done):
    with pytest.raises(NotImplementedError, match="run"):
        done.submit()


def test_logs_are_text(done):
    assert isinstance(done.logs(), str)


def test_interim_results_are_a_list_of_decoded_values(done):
    interim = done.interim_results()
    assert isinstance(interim, list)


def test_cancelling_what_has_ended_is_refused_with_its_name(done):
    with pytest.raises(errors.RuntimeInvalidStateError, match="cannot be cancelled"):
        done.cancel()
    assert done.status() is JobStatus.DONE


def test_update_tags_returns_what_the_server_has(done):
    assert done.update_tags(["new"]) == ["new"]
    assert done.tags == ["new"]
    assert done.update_tags([]) == []
    assert done.update_tags(["seed", "interface"]) == ["seed", "interface"]


def test_streaming_and_its_end_are_methods_of_a_job_that_has_ended_too(done):
    seen = []
    done.stream_results(lambda job_id, value: seen.append((job_id, value)))
    until(lambda: seen and isinstance(seen[-1][1], PrimitiveResult), "the final result")
    assert {job_id for job_id, _ in seen} == {done.job_id()}
    done.cancel_result_streaming()


# the answers of jobs that wait, run and end badly


def test_a_queued_job_knows_its_place(service, flag, tmp_path):
    # The runtime foresees only what it has measured before.
    service.run("hold", {"until": str(tmp_path)}, backend="local_exact").result(60)
    first, second = (
        service.run("hold", {"until": str(flag)}, backend="local_exact") for _ in range(2)
    )
    until(first.running, "Running")
    assert second.status() is JobStatus.QUEUED
    assert not second.in_final_state()
    info = second.queue_info()
    assert info.position == second.queue_position(refresh=True) == second.queue_position() == 1
    assert info.job_id == second.job_id()
    assert info.estimated_start_time.utcoffset() == datetime.now().astimezone().utcoffset()
    assert "Position in queue: 1" in info.format()
    assert first.queue_info() is None
    assert second.usage() == 0
    second.cancel()
    until(second.cancelled, "Cancelled")
    flag.touch()
    assert first.result(60) == "held"


def test_a_failed_job_raises_the_reason(service):
    job = service.run("complain", {"why": "the reason itself"}, backend="local_exact")
    with pytest.raises(errors.RuntimeJobFailureError, match="the reason itself"):
        job.result(60)
    assert job.errored()
    assert job.status() is JobStatus.ERROR
    assert "the reason itself" in job.error_message()
    assert "ValueError" in job.logs()


def test_a_cancelled_job_has_no_result(service, flag):
    job = service.run("hold", {"until": str(flag)}, backend="local_exact")
    job.cancel()
    with pytest.raises(errors.RuntimeInvalidStateError, match="cancelled"):
        job.result(60)
    assert job.cancelled()
    assert job.error_message() is None


def test_waiting_too_short_is_a_timeout_of_ours(service, flag):
    job = service.run("hold", {"until": str(flag)}, backend="local_exact")
    with pytest.raises(errors.RuntimeJobTimeoutError):
        job.wait_for_final_state(timeout=0.1)
    with pytest.raises(errors.RuntimeJobMaxTimeoutError):
        job.result(timeout=0.1)
    flag.touch()
    assert job.result(timeout=60) == "held"


def test_running_too_long_is_the_service_s_1305(service, flag):
    job = service.run(
        "hold", {"until": str(flag)}, {"max_execution_time": 1, "backend": "local_exact"}
    )
    with pytest.raises(errors.RuntimeJobMaxTimeoutError) as caught:
        job.result(60)
    assert not isinstance(caught.value, errors.RuntimeJobTimeoutError)
    assert job.status() is JobStatus.ERROR
    assert "1305" in job.error_message()


def test_a_server_that_is_away_is_an_ibm_runtime_error(runtime):
    params = ClientParameters("local", "t", "http://127.0.0.1:9", "crn", connect_timeout_s=1.0)
    client = RuntimeClient(params).once()
    job = RuntimeJob(None, client, params, "j", "sampler", None)
    asked = (job.status, job.cancel, job.logs, job.metrics, job.usage, job.backend, job.queue_info)
    for ask in asked[:5]:
        with pytest.raises(errors.IBMRuntimeError):
            ask()
    with pytest.raises(errors.IBMApiError):
        job.update_tags(["t"])
    job.tracker.close()
    client.close()


def test_tags_that_no_server_would_take_are_refused_here(done):
    for tags in (["t"] * 9, ["t" * 87], [""], [5], "text"):
        with pytest.raises(errors.IBMInputValueError):
            done.update_tags(tags)


def test_the_instance_of_the_older_channel_is_none(scripted):
    client = RuntimeClient(scripted.params("ibm_cloud"))
    job = RuntimeJob(None, client, client.params, "j", "sampler", None)
    assert job.instance is None
    assert job.backend() is None
    client.close()


def test_what_the_constructor_was_given_is_told_before_anything_is_asked(scripted):
    client = RuntimeClient(scripted.params())
    job = RuntimeJob(
        None,
        client,
        client.params,
        "j",
        "estimator",
        None,
        "2026-01-02T03:04:05Z",
        image="image:tag",
        session_id="s",
        tags=["t"],
        version=2,
    )
    assert (job.job_id(), job.primitive_id, job.image, job.session_id) == (
        "j",
        "estimator",
        "image:tag",
        "s",
    )
    assert (job.tags, job.version) == (["t"], 2)
    assert job.creation_date == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert scripted.seen == []
    client.close()
