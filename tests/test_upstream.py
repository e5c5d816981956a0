"""IBM's client on the embedded runtime, as `connect_upstream` makes it."""

from __future__ import annotations

import copy
import logging
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.embedded import bell

from runtime_widgets import connect_upstream, errors, local
from runtime_widgets.local import LocalRuntime
from runtime_widgets.upstream import _environment

upstream = pytest.importorskip("qiskit_ibm_runtime")
WATCHED = ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL", "NO_PROXY", "no_proxy")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of one's own, and a runtime folder in it; a server that runs there is ended."""
    folder = tmp_path / "runtime"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(folder))
    yield tmp_path
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(folder))
    address = local.find()
    if address is not None:
        local.stop(address)


def run_one(service):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says of its primitives that others are to follow
        sampler = upstream.SamplerV2(service.backend("local_exact"))
    return sampler.run([bell()], shots=20)


def test_it_is_ibms_own_service_and_runs_jobs(runtime):
    service = connect_upstream(runtime)
    assert type(service) is upstream.QiskitRuntimeService
    assert "local_exact" in [backend.name for backend in service.backends()]
    job = run_one(service)
    assert type(job) is upstream.RuntimeJobV2
    assert sum(job.result(timeout=60)[0].data.meas.get_counts().values()) == 20
    assert job.job_id() in [each.job_id() for each in service.jobs()]
    assert service.active_instance() == runtime.address.instance
    assert service.instances()[0]["plan"] == "internal"


def test_the_environment_is_as_it_was(runtime, monkeypatch):
    monkeypatch.setenv("IAM_URL", "https://iam.example")
    monkeypatch.setenv("NO_PROXY", "somewhere.example")
    monkeypatch.setenv("QISKIT_FUNCTIONS_EXPERIMENTAL", "1")
    monkeypatch.delenv("GLOBAL_SEARCH_URL", raising=False)
    before = dict(os.environ)
    connect_upstream(runtime)
    assert dict(os.environ) == before
    with _environment("http://127.0.0.1:9"):
        assert os.environ["IAM_URL"] == "http://127.0.0.1:9"
        assert os.environ["NO_PROXY"] == "somewhere.example,127.0.0.1"
        assert "QISKIT_FUNCTIONS_EXPERIMENTAL" not in os.environ
    assert dict(os.environ) == before
    with pytest.raises(ZeroDivisionError), _environment("http://127.0.0.1:9"):
        _ = 1 / 0
    assert dict(os.environ) == before


def test_no_proxy_and_no_other_address_is_asked(runtime, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody is there
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    service = connect_upstream(runtime)
    assert service.usage()["plan_id"]
    # A copied device would sign in at IBM again, with this token, were it left to itself.
    copied = copy.deepcopy(service.backend("local_exact"))
    assert copied.status().operational


def test_the_token_is_shown_nowhere_and_nothing_is_written(runtime, home, caplog):
    with caplog.at_level(logging.DEBUG):
        service = connect_upstream(runtime)
        run_one(service).result(timeout=60)
    token = runtime.address.token
    assert token not in caplog.text
    for thing in (service, service._active_api_client._session.auth, vars(service)):
        assert token not in repr(thing)
    assert not (home / ".qiskit").exists()


def test_many_threads_get_one_each(runtime):
    before = {name: os.environ.get(name) for name in WATCHED}
    with ThreadPoolExecutor(8) as pool:
        services = list(pool.map(lambda _: connect_upstream(runtime), range(8)))
        names = list(pool.map(lambda service: service.backend("local_noisy").name, services))
        usage = list(pool.map(lambda _: services[0].usage()["instance_id"], range(16)))
    assert names == ["local_noisy"] * 8
    assert set(usage) == {runtime.address.instance}
    assert {name: os.environ.get(name) for name in WATCHED} == before


def test_it_goes_on_with_a_runtime_that_was_started_again():
    runtime = LocalRuntime(options=("--post-processing-seconds", "0"))
    with runtime:
        service = connect_upstream(runtime)
        job = run_one(service)
        job.result(timeout=60)
        token = runtime.address.token
        runtime.kill()
        runtime.start()  # at another port
        assert runtime.address.token == token
        assert service.job(job.job_id()).status() == "DONE"
        assert job.result()[0].data.meas.num_shots == 20


def test_the_users_runtime_is_found_or_started_and_started_again(home):
    service = connect_upstream()
    address = local.find()
    assert service.active_account()["url"] == address.url
    assert local.stop(address)
    assert service.usage()["instance_id"] == address.instance
    again = local.find()
    assert again.pid != address.pid
    assert (again.url, again.token) == (address.url, address.token)
    assert connect_upstream().backend("local_exact").name == "local_exact"
    assert not (home / ".qiskit").exists()


def test_without_ibms_client_the_error_says_how_to_get_it(runtime, monkeypatch):
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", None)
    with pytest.raises(errors.UpstreamMissingError, match="pip install qiskit-ibm-runtime"):
        connect_upstream(runtime)


def test_a_client_that_would_send_the_token_to_ibm_is_not_used(runtime, monkeypatch):
    monkeypatch.setattr(upstream, "__version__", "0.48.2")
    with pytest.raises(errors.UpstreamMissingError, match=r"0\.48\.2"):
        connect_upstream(runtime)


def test_a_client_of_another_make_is_not_used(runtime, monkeypatch):
    class Other:
        def __init__(self, **_how):
            pass

    monkeypatch.setattr(upstream, "QiskitRuntimeService", Other)
    with pytest.raises(errors.UpstreamMissingError, match="does not know yet"):
        connect_upstream(runtime)


def test_only_the_call_imports_ibms_client():
    code = "import sys, runtime_widgets.upstream; print('qiskit_ibm_runtime' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
