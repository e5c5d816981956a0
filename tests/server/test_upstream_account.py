"""IBM's client finds its instance, by itself and by name, and keeps its accounts in a file."""

from __future__ import annotations

import logging

import pytest
from server.support import TOKEN
from server.upstream import QUIET, client, connect, pointed_at

upstream = client()
pytestmark = QUIET


@pytest.fixture
def here(server, tmp_path):
    with pointed_at(server, tmp_path):
        yield tmp_path


@pytest.mark.parametrize("given", ["local", "auto", None], ids=str)
def test_the_instance_is_found_by_its_name_and_by_itself(server, here, given):
    service = connect(server, instance=given)
    assert [device.name for device in service.backends()] == [
        "local_exact",
        "local_noisy",
        "local_wide",
    ]
    assert service.active_instance() == server.facts["instance"]
    assert service.backend("local_exact").name == "local_exact"


def test_the_instance_is_told_with_its_plan_and_tags(server, here):
    service = connect(server)
    assert service.instances() == [
        {
            "crn": server.facts["instance"],
            "plan": "internal",
            "name": "local",
            "tags": ["local"],
            "pricing_type": "free",
        }
    ]
    assert service.active_account()["instance"] == server.facts["instance"]
    # Also where each call names it.
    found = connect(server, instance=None)
    assert found.backends(instance="local")
    assert found.backends(instance=server.facts["instance"])


@pytest.mark.parametrize(
    "wanted",
    [{"region": "us-east"}, {"plans_preference": ["open", "internal"]}, {"tags": ["local"]}],
    ids=str,
)
def test_an_instance_that_fits_is_chosen(server, here, wanted):
    service = connect(server, instance=None, **wanted)
    assert service.backend("local_exact")._instance == server.facts["instance"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"region": "eu-de"},
        {"plans_preference": ["premium"]},
        {"tags": ["another"]},
        {"instance": "no-such-name"},
        {"instance": "crn:v1:bluemix:public:quantum-computing:us-east:a/b:c::"},
    ],
    ids=str,
)
def test_none_is_chosen_where_none_fits(server, here, wanted):
    with pytest.raises(upstream.IBMInputValueError):
        connect(server, **{"instance": None, **wanted})


def test_an_instance_that_was_not_named_is_warned_of(server, here, caplog):
    with caplog.at_level(logging.WARNING, logger="qiskit_ibm_runtime"):
        connect(server, instance=None)
    assert "Free and trial" in caplog.text
    assert "local" in caplog.text


def test_a_wrong_token_is_refused(server, here):
    with pytest.raises(upstream.accounts.exceptions.InvalidAccountError):
        connect(server, token="wrong")


def test_an_account_is_saved_found_and_deleted(server, here):
    file = here / "accounts.json"
    url = f"{server.root}/experimental/api/v1"
    kept = {"filename": str(file), "name": "mine"}
    made = upstream.QiskitRuntimeService
    made.save_account(token=TOKEN, url=url, instance="local", **kept)
    assert made.saved_accounts(**kept)["mine"]["instance"] == "local"
    service = made(**kept)
    assert service.active_instance() == server.facts["instance"]
    assert service.backend("local_exact").name == "local_exact"
    assert made.delete_account(**kept)
    assert made.saved_accounts(filename=str(file)) == {}


def test_the_usage_of_the_instance_is_told(server, here):
    usage = connect(server).usage()
    assert usage["instance_id"] == server.facts["instance"]
    assert usage["usage_limit_reached"] is False


def test_what_is_left_is_told_where_there_is_a_limit(start, tmp_path):
    with start(usage_limit_seconds=100) as limited, pointed_at(limited, tmp_path):
        assert connect(limited).usage()["usage_remaining_seconds"] == 100
