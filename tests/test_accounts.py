from __future__ import annotations

import json
import os

import pytest
from support.scripted import TOKEN

from runtime_widgets import accounts
from runtime_widgets.errors import IBMAccountError
from runtime_widgets.params import IBM_URL
from runtime_widgets.service import QiskitRuntimeService

US = "crn:v1:bluemix:public:quantum-computing:us-east:a/0:1::"
EU = "crn:v1:bluemix:public:quantum-computing:eu-de:a/0:1::"


@pytest.fixture(autouse=True)
def no_account(tmp_path, monkeypatch):
    """A home without accounts, and an environment without variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith("QISKIT_IBM_"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def save(no_account):
    """Write accounts as upstream saves them."""

    def save_(**saved):
        folder = no_account / ".qiskit"
        folder.mkdir(exist_ok=True)
        path = folder / "qiskit-ibm.json"
        path.write_text(json.dumps(saved))
        return path

    return save_


def account(**more):
    return {"channel": "ibm_quantum_platform", "token": TOKEN, "url": IBM_URL, **more}


def test_without_a_token_it_says_what_to_do():
    with pytest.raises(IBMAccountError, match=r"QISKIT_IBM_TOKEN.*channel=\"local\""):
        accounts.parameters()


def test_what_is_given_is_used():
    params = accounts.parameters(token=TOKEN, instance=US, channel="ibm_cloud")
    assert (params.channel, params.token, params.instance) == ("ibm_cloud", TOKEN, US)
    assert params.api_url == "https://quantum.cloud.ibm.com/api/v1"
    assert not params.is_local


def test_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", EU)
    params = accounts.parameters()
    assert (params.token, params.instance) == (TOKEN, EU)
    assert params.channel == "ibm_quantum_platform"


def test_what_is_given_goes_before_the_environment_and_that_before_what_was_saved(
    monkeypatch, save
):
    save(**{"default-ibm_quantum_platform": account(instance="saved", token="saved")})
    assert accounts.parameters().instance == "saved"
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", "environment")
    assert accounts.parameters().instance == "environment"
    assert accounts.parameters(instance="given").instance == "given"


@pytest.mark.parametrize(
    "url", [None, IBM_URL, "https://cloud.ibm.com", "https://quantum.ibm.com", IBM_URL + "/"]
)
def test_the_region_comes_from_the_crn(url):
    assert accounts.parameters(token="t", url=url, instance=US).url == IBM_URL
    found = accounts.parameters(token="t", url=url, instance=EU).url
    assert found == "https://eu-de.quantum.cloud.ibm.com"


@pytest.mark.parametrize("instance", [None, "", "a name", "crn:v1", ":" * 20])
def test_an_instance_that_is_no_crn_has_no_region(instance):
    assert accounts.parameters(token="t", instance=instance).url == IBM_URL


def test_another_host_is_taken_as_it_is():
    assert accounts.parameters(token="t", url="http://h:1/", instance=EU).url == "http://h:1"


def test_a_saved_account_is_found_by_name_by_default_or_as_the_default(save):
    path = save(
        first=account(token="1", channel="ibm_cloud"),
        second=account(token="2", is_default_account=True),
        **{"default-ibm_cloud": account(token="3", channel="ibm_cloud")},
    )
    assert accounts.parameters(name="first").token == "1"
    assert accounts.parameters().token == "2"
    assert accounts.parameters(channel="ibm_cloud").token == "3"
    assert accounts.parameters(name="first", filename=path).token == "1"


def test_a_named_account_is_not_mixed_with_the_environment(monkeypatch, save):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "environment")
    save(mine=account(token="mine"))
    assert accounts.parameters(name="mine").token == "mine"


def test_proxies_and_certificates_are_read_as_upstream_writes_them(save):
    proxies = {"urls": {"https": "http://user:secret@proxy"}}
    save(mine=account(proxies=proxies, verify=False))
    params = accounts.parameters(name="mine")
    assert params.proxies == proxies["urls"]
    assert params.verify is False
    assert "secret" not in repr(params)
    assert accounts.parameters(name="mine", verify="/ca.pem").verify == "/ca.pem"


def test_an_account_that_was_not_saved_is_said_so(save):
    save(mine=account())
    with pytest.raises(IBMAccountError, match="'other'"):
        accounts.parameters(name="other")
    with pytest.raises(IBMAccountError, match="no token"):
        accounts.parameters(channel="ibm_cloud")


@pytest.mark.parametrize("text", ["no json", "", "[1]", '{"mine": 5}', "\udcff"])
def test_a_file_that_is_damaged_is_a_named_error_that_shows_no_content(save, text):
    path = save()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(IBMAccountError) as caught:
        accounts.parameters()
    assert TOKEN not in str(caught.value)


def test_a_file_with_a_token_is_never_quoted(save):
    path = save()
    path.write_text('{"mine": {"token": "' + TOKEN + '"')
    with pytest.raises(IBMAccountError) as caught:
        accounts.parameters()
    assert TOKEN not in str(caught.value)


def test_nothing_is_ever_written(save, no_account):
    path = save(mine=account())
    before = path.read_bytes()
    accounts.parameters(name="mine")
    accounts.parameters(token="other")
    assert path.read_bytes() == before
    assert [p.name for p in no_account.rglob("*") if p.is_file()] == ["qiskit-ibm.json"]


def test_a_service_is_made_from_an_account_without_a_request():
    service = QiskitRuntimeService(token=TOKEN, instance=EU)
    assert service.active_instance() == EU
    assert service.channel == "ibm_quantum_platform"
    assert TOKEN not in repr(service) + repr(service.client)
    service.close()


def test_a_channel_that_is_none_is_refused():
    with pytest.raises(IBMAccountError, match="ibm_quantum_platform"):
        QiskitRuntimeService(channel="ibm_quantum", token=TOKEN)


def test_the_local_channel_with_an_address_needs_no_account(scripted):
    service = QiskitRuntimeService(channel="local", token=TOKEN, url=scripted.url)
    assert service.client.params.is_local
    assert service.client.params.url == scripted.url
    service.close()
