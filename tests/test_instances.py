"""Which instance is used: found by the account search, chosen by rules, never switched."""

from __future__ import annotations

import json
import threading

import pytest
from support.clocks import HandClock
from support.scripted import TOKEN, Answer, html, iam
from support.secrets import everything_about

from runtime_widgets import errors, instances
from runtime_widgets.accounts import Account
from runtime_widgets.client import RuntimeClient
from runtime_widgets.service import QiskitRuntimeService

SEARCH = "/v3/resources/search"


def crn(number, region="us-east"):
    return f"crn:v1:bluemix:public:quantum-computing:{region}:a/0:{number}::"


def hit(number, name, plan, *, region="us-east", tags=(), doc=None):
    return {
        "crn": crn(number, region),
        "name": name,
        "service_plan_unique_id": plan,
        "tags": list(tags),
        "doc": {"extensions": {"backends": ["b"]}} if doc is None else doc,
    }


PLANS = {
    "p-open": ("Open", "Free"),
    "p-flex": ("Flex", "Subscription"),
    "p-paygo": ("PAYGO", "Paygo"),
}
HITS = [
    hit(1, "paid", "p-paygo", tags=["Lab"]),
    hit(2, "open", "p-open"),
    hit(3, "flex", "p-flex", region="eu-de", tags=["lab", "eu"]),
    hit(4, "twin", "p-gone"),
    hit(5, "twin", "p-flex"),
    hit(6, "no devices", "p-open", doc={}),
]


class Platform:
    """IBM's account search, catalogue, and jobs by instance."""

    def __init__(self, scripted):
        self.http = scripted
        self.hits = HITS
        self.page = 100
        self.jobs = {}
        self.trouble = None
        scripted.script = self.answer

    def answer(self, request):
        if request.path == "/identity/token":
            return iam()
        if self.trouble is not None and request.path == SEARCH:
            return self.trouble
        if request.path == SEARCH:
            start = int(json.loads(request.body).get("search_cursor") or 0)
            page = {"items": self.hits[start : start + self.page]}
            if start + self.page < len(self.hits):
                page["search_cursor"] = str(start + self.page)
            return Answer(200, page)
        if request.path.startswith("/p-"):
            plan = PLANS.get(request.path[1:])
            if plan is None:
                return Answer(403)
            return Answer(
                200,
                {
                    "overview_ui": {"en": {"display_name": plan[0]}},
                    "metadata": {"pricing": {"type": plan[1]}},
                },
            )
        where = self.jobs.get(request.path.rpartition("/")[2])
        if where is not None and request.headers.get("service-crn") == where:
            return Answer(200, {"id": "j", "status": "Queued", "backend": "b"})
        return Answer(404, {"errors": [{"code": 1291, "message": "Job not found."}]})

    def asked(self, start):
        return [r for r in self.http.seen if r.path.startswith(start)]


@pytest.fixture
def account(scripted, monkeypatch):
    monkeypatch.setattr(instances, "_kept", {})
    for name in ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"):
        monkeypatch.setenv(name, scripted.url)
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_CHANNEL"):
        monkeypatch.delenv(name, raising=False)
    return Platform(scripted)


@pytest.fixture
def sign_in(account, scripted):
    made = []

    def make(**kwargs):
        made.append(QiskitRuntimeService(token=TOKEN, url=scripted.url, **kwargs))
        return made[-1]

    yield make
    for service in made:
        service.close()


CHOICES = {
    "the cheapest": ({}, 2),
    "auto": ({"instance": "auto"}, 2),
    "by name": ({"instance": "flex"}, 3),
    "by region": ({"region": "eu-de"}, 3),
    "by plan": ({"plans_preference": ["PayGo", "flex"]}, 1),
    "by the second plan": ({"plans_preference": ["on-prem", "flex"], "tags": ["eu"]}, 3),
    "by tags, in any case": ({"tags": ["LAB", "EU"]}, 3),
    "by name among twins": ({"instance": "twin", "plans_preference": ["flex"]}, 5),
}


@pytest.mark.parametrize("how", CHOICES)
def test_an_instance_is_chosen_by_the_user_s_rules(sign_in, how):
    wish, number = CHOICES[how]
    chosen = sign_in(**wish).active_instance()
    assert chosen.split(":")[7] == str(number)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"instance": "nobody's"}, r"named \"nobody's\".*open \(open, crn"),
        ({"instance": "no devices"}, "no instance named"),
        ({"region": "jp-tok"}, "that fits"),
        ({"instance": "twin"}, "2 instances.*give a CRN"),
    ],
)
def test_what_does_not_name_one_instance_is_refused_with_those_there_are(sign_in, wish, says):
    with pytest.raises(errors.IBMAccountError, match=says):
        sign_in(**wish)


def test_the_search_is_asked_as_ibm_has_it(sign_in, account):
    sign_in()
    (request,) = account.asked(SEARCH)
    assert (request.method, request.query) == ("POST", {"limit": ["100"]})
    assert b'"query": "service_name:quantum-computing"' in request.body
    assert request.headers["authorization"] == "Bearer bearer-of-a-test"
    assert "service-crn" not in request.headers
    # Each plan is asked about once, however many instances have it.
    assert sorted(r.path for r in account.asked("/p-")) == sorted(
        ["/p-open", "/p-flex", "/p-paygo", "/p-gone"]
    )
    assert account.http.exchanges() == 1


def test_a_crn_is_never_searched_for(sign_in, account):
    service = sign_in(instance=crn(9))
    assert service.active_instance() == crn(9)
    with pytest.raises(errors.RuntimeJobNotFound, match=r"service\.instances\(\)"):
        service.job("j")
    assert account.asked(SEARCH) == []


def test_the_instances_are_listed_as_upstream_lists_them(sign_in):
    rows = sign_in().instances()
    assert rows[0] == {
        "crn": crn(1),
        "plan": "paygo",
        "name": "paid",
        "tags": ["Lab"],
        "pricing_type": "paygo",
    }
    assert [r["name"] for r in rows] == ["paid", "open", "flex", "twin", "twin"]
    assert rows[3]["plan"] == rows[3]["pricing_type"] == "unknown"


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_every_page_of_the_search_is_read(sign_in, account, size):
    account.page = size
    assert len(sign_in().instances()) == 5


def test_a_search_that_never_ends_is_ended(sign_in, account):
    account.page = 0  # each page is empty and has the same cursor
    with pytest.raises(errors.IBMAccountError, match="It has: none"):
        sign_in()
    assert len(account.asked(SEARCH)) == 1


def test_what_was_found_is_kept_for_ten_minutes_by_both_clocks(account, scripted):
    hands = HandClock()
    params = Account("ibm_cloud", TOKEN, scripted.url).parameters()
    client = RuntimeClient(params, clock=hands.clock)

    def searches():
        instances.find(client)
        return len(account.asked(SEARCH))

    assert [searches(), searches()] == [1, 1]
    hands.pass_(599)
    assert searches() == 1
    hands.pass_(2)
    assert searches() == 2
    hands.suspend(700)  # a laptop slept
    assert searches() == 3
    instances.find(client, refresh=True)
    assert len(account.asked(SEARCH)) == 4
    client.close()


def test_two_services_of_one_account_search_once_and_another_account_for_itself(
    sign_in, account, scripted
):
    sign_in()
    sign_in(instance="flex")
    assert len(account.asked(SEARCH)) == 1
    other = QiskitRuntimeService(token="another", url=scripted.url)
    other.close()
    assert len(account.asked(SEARCH)) == 2


def test_an_instance_that_is_new_is_found_and_one_that_is_none_costs_one_search(sign_in, account):
    with pytest.raises(errors.IBMAccountError):
        sign_in(instance="new")
    assert len(account.asked(SEARCH)) == 1
    account.hits = [*HITS, hit(7, "new", "p-open")]
    assert sign_in(instance="new").active_instance() == crn(7)
    assert len(account.asked(SEARCH)) == 2


def test_no_account_waits_for_the_search_of_another(sign_in, account, scripted):
    asked, release, answer = threading.Event(), threading.Event(), account.answer

    def slow(request):
        if request.path == SEARCH and not asked.is_set():
            asked.set()
            release.wait(20)
        return answer(request)

    scripted.script = slow
    first = threading.Thread(target=sign_in)
    first.start()
    try:
        assert asked.wait(20)
        other = QiskitRuntimeService(token="another", url=scripted.url)
        other.close()
        assert first.is_alive()
    finally:
        release.set()
        first.join(20)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Answer(401), errors.IBMAuthError),
        (Answer(400, {"errors": [{"message": "no"}]}), errors.IBMApiError),
        (html(200), errors.IBMAnswerError),
        (Answer(200, {"items": 5}), errors.IBMAnswerError),
        (Answer(200, [1]), errors.IBMAnswerError),
        (Answer(204), errors.IBMAnswerError),
    ],
)
def test_a_search_that_fails_is_a_named_error_without_the_token(sign_in, account, trouble, kind):
    account.trouble = trouble
    with pytest.raises(kind) as caught:
        sign_in()
    assert type(caught.value) is kind
    assert caught.value.request == f"POST {SEARCH}"
    assert TOKEN not in everything_about(caught.value)


@pytest.mark.parametrize("odd", [None, 5, {}, {"crn": "x"}, {"crn": 5}, {"crn": crn(8), "doc": 7}])
def test_an_odd_hit_does_not_hide_the_others(sign_in, account, odd):
    account.hits = [odd, *HITS]
    assert len(sign_in().instances()) == 5


def test_a_job_in_another_instance_is_said_to_be_there_and_nothing_is_switched(sign_in, account):
    service = sign_in()
    account.jobs["j"] = crn(3, "eu-de")
    with pytest.raises(errors.RuntimeJobNotFound) as caught:
        service.job("j")
    assert "in another instance: flex" in str(caught.value)
    assert crn(3, "eu-de") in caught.value.solution
    assert service.active_instance() == crn(2)
    service.client.job_logs("x")
    assert account.http.seen[-1].headers["service-crn"] == crn(2)


def test_a_job_that_is_nowhere_is_asked_for_once_in_each_instance(sign_in, account):
    service = sign_in()
    account.http.seen.clear()
    with pytest.raises(errors.RuntimeJobNotFound, match="Job not found"):
        service.job("j")
    asked = [r.headers["service-crn"] for r in account.asked("/api")]
    assert sorted(asked) == sorted([crn(1), crn(2), crn(3, "eu-de"), crn(4), crn(5)])
    assert account.asked(SEARCH) == []


def test_another_instance_s_jobs_need_a_service_of_its_own(sign_in):
    service = sign_in()
    with pytest.raises(errors.IBMInputValueError, match="service of its own"):
        service.jobs(instance=crn(3))
    assert service.active_instance() == crn(2)


@pytest.mark.parametrize("instance", [None, "auto", "local"])
def test_the_embedded_runtime_s_own_search_is_found(runtime, monkeypatch, instance):
    address = runtime.address
    monkeypatch.setattr(instances, "_kept", {})
    for name in ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"):
        monkeypatch.setenv(name, address.url)
    service = QiskitRuntimeService(
        "ibm_quantum_platform", token=address.token, url=address.url, instance=instance
    )
    assert service.active_instance() == address.instance
    assert [i["name"] for i in service.instances()] == ["local"]
    assert service.jobs(limit=1) is not None
    service.close()


def test_the_embedded_runtime_has_the_one_instance(service, runtime):
    assert [i["crn"] for i in service.instances()] == [runtime.address.instance]
    assert service.active_account()["channel"] == "local"
