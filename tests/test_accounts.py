"""Which account is used, and how accounts are kept; by upstream's rules and with upstream."""

from __future__ import annotations

import errno
import json
import os
import pprint
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.scripted import TOKEN

from runtime_widgets import _account_file, accounts, local
from runtime_widgets._urls import CLOUD_URL
from runtime_widgets.errors import IBMAccountError, IBMInputValueError
from runtime_widgets.local import LocalAddress
from runtime_widgets.service import QiskitRuntimeService

US = "crn:v1:bluemix:public:quantum-computing:us-east:a/0:1::"
EU = "crn:v1:bluemix:public:quantum-computing:eu-de:a/0:1::"
VARIABLES = ("QISKIT_IBM_", "IAM_URL", "GLOBAL_")


@pytest.fixture(autouse=True)
def no_account(tmp_path, monkeypatch):
    """A home without accounts, and an environment without variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(VARIABLES):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def path(no_account):
    return no_account / ".qiskit" / "qiskit-ibm.json"


@pytest.fixture
def write(path):
    """Write accounts into the file."""

    def write_(**saved):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(saved))
        return path

    return write_


def account(**more):
    return {"channel": "ibm_quantum_platform", "token": TOKEN, "url": CLOUD_URL, **more}


# which account


def test_without_a_token_it_says_what_to_do():
    with pytest.raises(IBMAccountError, match=r"QISKIT_IBM_TOKEN.*channel=\"local\""):
        accounts.choose()


def test_what_is_given_is_used():
    found = accounts.choose(token=TOKEN, instance=US, channel="ibm_cloud")
    assert (found.channel, found.token, found.instance) == ("ibm_cloud", TOKEN, US)
    assert found.parameters().api_url == "https://quantum.cloud.ibm.com/api/v1"
    assert not found.parameters().is_local


def test_the_environment_is_a_whole_account(monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", EU)
    monkeypatch.setenv("QISKIT_IBM_URL", "https://gateway.example")
    found = accounts.choose()
    assert (found.token, found.instance, found.url) == (TOKEN, EU, "https://gateway.example")
    assert found.channel == "ibm_quantum_platform"
    monkeypatch.setenv("QISKIT_IBM_CHANNEL", "ibm_cloud")
    assert accounts.choose().channel == "ibm_cloud"
    assert accounts.choose(channel="ibm_quantum_platform").channel == "ibm_quantum_platform"


def test_what_is_given_goes_before_the_environment_and_that_before_what_was_saved(
    monkeypatch, write
):
    write(**{"default-ibm-quantum-platform": account(instance="saved", token="saved")})
    assert accounts.choose().instance == "saved"
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", "environment")
    assert accounts.choose().instance == "saved"  # half an account is none
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "environment")
    assert accounts.choose().instance == "environment"
    assert accounts.choose(instance="given").instance == "given"
    assert accounts.choose(token="given").instance is None


def test_a_url_alone_belongs_to_nobody():
    with pytest.raises(IBMInputValueError, match="token that belongs to it"):
        accounts.choose(url="https://gateway.example")


def test_a_saved_account_is_found_by_name_by_default_or_as_the_default(write):
    path = write(
        first=account(token="1", channel="ibm_cloud"),
        second=account(token="2", is_default_account=True),
        **{"default-ibm-cloud": account(token="3", channel="ibm_cloud")},
    )
    assert accounts.choose(name="first").token == "1"
    assert accounts.choose().token == "2"
    assert accounts.choose(channel="ibm_cloud").token == "3"
    assert accounts.choose(name="first", filename=path).token == "1"


def test_a_named_account_is_not_mixed_with_anything_but_what_is_asked_for(
    monkeypatch, write, caplog
):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "environment")
    write(mine=account(token="mine", instance="theirs"))
    found = accounts.choose(name="mine", token="other", instance=EU)
    assert (found.token, found.instance) == ("mine", EU)
    assert "'mine' is used" in caplog.text
    assert "other" not in caplog.text


def test_an_account_that_was_not_saved_is_said_so(write):
    write(mine=account())
    with pytest.raises(IBMAccountError, match="'other'"):
        accounts.choose(name="other")
    with pytest.raises(IBMAccountError, match="no token"):
        accounts.choose(channel="ibm_cloud")


@pytest.mark.parametrize("channel", ["ibm_quantum", "ibm", ""])
def test_a_channel_that_is_none_is_refused(write, channel):
    with pytest.raises(IBMAccountError, match="ibm_quantum_platform"):
        QiskitRuntimeService(channel=channel or "x", token=TOKEN)
    write(old=account(channel=channel))
    with pytest.raises(IBMAccountError, match="ibm_quantum_platform"):
        accounts.choose(name="old")


# where it connects


@pytest.mark.parametrize(
    "url",
    [None, "https://cloud.ibm.com", "https://quantum.cloud.ibm.com/", "https://quantum.ibm.com"],
)
@pytest.mark.parametrize(
    ("region", "host"),
    [("us-east", "quantum"), ("eu-de", "eu-de.quantum"), ("jp-tok", "jp-tok.quantum")],
)
def test_the_region_comes_from_the_crn(url, region, host):
    crn = US.replace("us-east", region)
    found = accounts.choose(token="t", url=url, instance=crn)
    assert found.parameters().api_url == f"https://{host}.cloud.ibm.com/api/v1"
    private = accounts.choose(token="t", url=url, instance=crn, private_endpoint=True)
    assert private.parameters().api_url == f"https://private.{region}.quantum.cloud.ibm.com/api/v1"
    assert private.parameters().iam_url == "https://private.iam.cloud.ibm.com"


@pytest.mark.parametrize("instance", [None, "", "a name", "crn:v1", ":" * 20, "crn:::::..@evil/:"])
def test_an_instance_that_is_no_crn_has_no_region(instance):
    found = accounts.choose(token="t", instance=instance).parameters()
    assert found.api_url == "https://quantum.cloud.ibm.com/api/v1"


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1"),
        ("https://gateway.example/ibm/api/v2", "https://gateway.example/ibm/api/v2"),
        ("https://cloud.ibm.com.evil.example", "https://cloud.ibm.com.evil.example/api/v1"),
        ("https://notcloud.ibm.com", "https://notcloud.ibm.com/api/v1"),
    ],
)
def test_another_host_is_taken_as_it_is(url, api):
    assert accounts.choose(token="t", url=url, instance=EU).parameters().api_url == api


def test_a_resolver_has_the_last_word():
    asked = []

    def resolver(*args):
        asked.append(args)
        return "http://127.0.0.1:1/own/"

    found = accounts.choose(token="t", instance=EU).parameters(url_resolver=resolver)
    assert found.api_url == "http://127.0.0.1:1/own"
    assert asked == [(CLOUD_URL, EU, False, "ibm_quantum_platform")]


def test_the_environment_says_where_keys_are_exchanged(monkeypatch):
    assert accounts.choose(token="t").parameters().iam_url == "https://iam.cloud.ibm.com"
    staging = US.replace("bluemix", "staging")
    found = accounts.choose(token="t", instance=staging).parameters()
    assert found.iam_url == "https://iam.test.cloud.ibm.com"
    monkeypatch.setenv("IAM_URL", "http://127.0.0.1:9")
    assert accounts.choose(token="t").parameters().iam_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("limit", ["connect_timeout_s", "read_timeout_s", "retry_for_s"])
def test_every_limit_of_time_can_be_set_and_none_is_endless(limit, no_account):
    service = QiskitRuntimeService(token=TOKEN, instance=US, **{limit: 7})
    assert getattr(service.client.params, limit) == 7
    service.close()
    default = getattr(accounts.choose(token="t").parameters(), limit)
    unset = QiskitRuntimeService(token=TOKEN, instance=US, **{limit: None})
    assert getattr(unset.client.params, limit) == default < 100
    unset.close()
    for endless in (0, -1, float("inf"), float("nan"), "5", True):
        with pytest.raises(IBMInputValueError, match=limit):
            QiskitRuntimeService(token=TOKEN, instance=US, **{limit: endless})


# what is saved


def test_an_account_is_saved_with_mode_0600_in_a_folder_of_mode_0700(path):
    before = os.umask(0)
    try:
        QiskitRuntimeService.save_account(token=TOKEN, instance=US)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir() if TOKEN in p.read_text()] == [path.name]


def test_a_file_that_others_could_read_is_closed_to_them(write):
    path = write(other=account())
    path.chmod(0o644)
    QiskitRuntimeService.save_account(token=TOKEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_not_known_here_stays_as_it_is(write):
    unknown = {"later": account(new_field={"a": [1]}), "odd": 5, "none": None}
    path = write(**unknown)
    QiskitRuntimeService.save_account(token="t", name="mine", set_as_default=True)
    assert QiskitRuntimeService.delete_account(name="mine")
    assert json.loads(path.read_text()) == unknown


def test_an_account_is_replaced_only_on_request():
    save = QiskitRuntimeService.save_account
    save(token="1", name="mine", set_as_default=True)
    with pytest.raises(IBMAccountError, match="overwrite=True"):
        save(token="2", name="mine")
    with pytest.raises(IBMAccountError, match="'mine' is the default"):
        save(token="3", name="other", set_as_default=True)
    assert QiskitRuntimeService.saved_accounts().keys() == {"mine"}
    save(token="3", name="other", set_as_default=True, overwrite=True)
    assert accounts.choose().token == "3"
    saved = QiskitRuntimeService.saved_accounts()
    assert [n for n, a in saved.items() if a.get("is_default_account")] == ["other"]


def test_saved_accounts_are_found_by_name_channel_and_default():
    save, saved = QiskitRuntimeService.save_account, QiskitRuntimeService.saved_accounts
    save(token="1")
    save(token="2", channel="ibm_cloud")
    save(token="3", name="mine")
    assert saved().keys() == {"default-ibm-quantum-platform", "default-ibm-cloud", "mine"}
    assert saved(default=True).keys() == {"default-ibm-quantum-platform", "default-ibm-cloud"}
    assert saved(default=False).keys() == {"mine"}
    assert saved(channel="ibm_cloud").keys() == {"default-ibm-cloud"}
    assert saved(name="mine")["mine"]["token"] == "3"
    assert QiskitRuntimeService.delete_account(channel="ibm_cloud")
    assert not QiskitRuntimeService.delete_account(channel="ibm_cloud")
    assert QiskitRuntimeService.delete_account()
    assert saved().keys() == {"mine"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": None},
        {"channel": "ibm_quantum"},
        {"region": "mars"},
        {"plans_preference": "open"},
        {"tags": [1]},
        {"proxies": {"urls": "http://proxy"}},
        {"proxies": {"username_ntlm": "u", "password_ntlm": "p"}},
    ],
)
def test_what_is_no_account_is_not_saved(path, wrong):
    with pytest.raises(IBMAccountError) as caught:
        QiskitRuntimeService.save_account(**{"token": TOKEN, **wrong})
    assert not path.exists()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("text", ["no json", "", "[1]", '{"mine": 5', "\udcff", "[" * 100_000])
def test_a_file_that_is_damaged_is_a_named_error_and_is_left_as_it_is(write, text):
    path = write()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    for act in (accounts.choose, accounts.listed, lambda: accounts.delete(name="x")):
        with pytest.raises(IBMAccountError) as caught:
            act()
        assert str(path) in str(caught.value)
    with pytest.raises(IBMAccountError):
        QiskitRuntimeService.save_account(token=TOKEN)
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_a_file_with_a_token_is_never_quoted(write):
    path = write()
    path.write_text('{"mine": {"token": "' + TOKEN + '"')
    with pytest.raises(IBMAccountError) as caught:
        accounts.choose()
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_a_link_stays_one(path, no_account):
    kept = no_account / "dotfiles.json"
    kept.write_text("{}")
    path.parent.mkdir()
    path.symlink_to(kept)
    QiskitRuntimeService.save_account(token=TOKEN)
    assert path.is_symlink()
    assert TOKEN in kept.read_text()


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(write, monkeypatch):
    path = write(mine=account())
    before = path.read_bytes()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_account_file.os, "fsync", full)
    with pytest.raises(IBMAccountError, match="could not be saved"):
        QiskitRuntimeService.save_account(token="t", name="other")
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if not p.name.endswith(".lock")] == [path.name]


def test_processes_and_threads_that_save_at_once_lose_nothing(path):
    code = (
        "import sys; from runtime_widgets.service import QiskitRuntimeService as S\n"
        "for i in range(10): S.save_account(token='t', name=f'{sys.argv[1]}-{i}')"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, f"p{n}"]) for n in range(2)]
    threads = [
        threading.Thread(
            target=lambda n=n: [
                QiskitRuntimeService.save_account(token="t", name=f"t{n}-{i}") for i in range(10)
            ]
        )
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [p.wait(100) for p in others] == [0, 0]
    assert len(json.loads(path.read_text())) == 50


def test_reading_writes_nothing(write, no_account):
    path = write(mine=account())
    before = path.read_bytes()
    accounts.choose(name="mine")
    accounts.choose(token="other")
    accounts.listed()
    accounts.delete(name="nobody", filename=no_account / "nowhere.json")
    assert path.read_bytes() == before
    assert [p.name for p in no_account.rglob("*") if p.is_file()] == ["qiskit-ibm.json"]


# what is shown


def test_no_list_of_accounts_shows_a_token_or_a_password():
    proxies = {"urls": {"https": "http://bob:hunter2@proxy.example:3128"}}
    QiskitRuntimeService.save_account(token=TOKEN, proxies=proxies, instance=US)
    saved = QiskitRuntimeService.saved_accounts()
    service = QiskitRuntimeService()
    active = service.active_account()
    for shown in (saved, active, accounts.choose(), service, service.client.params):
        for text in (repr(shown), str(shown), pprint.pformat(shown)):
            assert TOKEN not in text
            assert "hunter2" not in text
    row = saved["default-ibm-quantum-platform"]
    # Who takes it has the true one: an account can be made of another.
    assert row["token"] == active["token"] == TOKEN
    assert active["proxies"] == row["proxies"] == proxies
    assert active["instance"] == US
    service.close()


def test_a_service_is_made_from_an_account_with_a_crn_without_a_request():
    service = QiskitRuntimeService(token=TOKEN, instance=EU)
    assert service.active_instance() == EU
    assert service.channel == "ibm_quantum_platform"
    assert TOKEN not in repr(service) + repr(service.client)
    service.close()


def test_the_local_channel_with_an_address_needs_no_account(scripted):
    service = QiskitRuntimeService(channel="local", token=TOKEN, url=scripted.url)
    assert service.client.params.is_local
    assert service.client.params.url == scripted.url
    service.close()


def test_the_environment_may_choose_the_local_channel_where_nothing_else_is_said(monkeypatch):
    asked = []

    def found():
        asked.append(1)
        return LocalAddress("http://127.0.0.1:9", TOKEN, US, 2)

    monkeypatch.setattr(local, "find_or_start", found)
    monkeypatch.setenv("QISKIT_IBM_CHANNEL", "local")
    service = QiskitRuntimeService(read_timeout_s=7)
    assert service.channel == "local"
    assert service.client.params.read_timeout_s == 7
    service.client.locate()
    assert service.client.params.read_timeout_s == 7  # also once it was looked for again
    service.close()
    service = QiskitRuntimeService(token=TOKEN, instance=US)
    assert service.channel == "ibm_quantum_platform"
    service.close()
    assert asked == [1]


# with upstream: each reads what the other wrote

UPSTREAM = {
    "plain": {"token": TOKEN},
    "instance": {"token": TOKEN, "instance": US, "channel": "ibm_cloud"},
    "all": {
        "token": TOKEN,
        "url": "https://cloud.ibm.com",
        "instance": "my instance",
        "channel": "ibm_quantum_platform",
        "proxies": {"urls": {"https": "http://u:p@proxy:3128"}},
        "verify": False,
        "private_endpoint": True,
        "region": "eu-de",
        "plans_preference": ["open", "flex"],
        "tags": ["a"],
        "set_as_default": True,
        "name": "mine",
    },
}


@pytest.fixture(scope="module")
def upstream():
    import qiskit_ibm_runtime

    return qiskit_ibm_runtime.QiskitRuntimeService


@pytest.mark.parametrize("how", UPSTREAM)
def test_both_write_the_same_file_for_the_same_call(upstream, tmp_path, how):
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    QiskitRuntimeService.save_account(filename=str(ours), **UPSTREAM[how])
    upstream.save_account(filename=str(theirs), **UPSTREAM[how])
    assert ours.read_text() == theirs.read_text()
    listed = QiskitRuntimeService.saved_accounts(filename=str(theirs))
    assert listed == json.loads(theirs.read_text())
    assert listed.keys() == upstream.saved_accounts(filename=str(ours)).keys()


@pytest.mark.parametrize("how", UPSTREAM)
def test_each_reads_what_the_other_wrote(upstream, tmp_path, how):
    from qiskit_ibm_runtime.accounts import AccountManager

    path = str(tmp_path / "accounts.json")
    upstream.save_account(filename=path, **UPSTREAM[how])
    ours = accounts.choose(filename=path)
    theirs = AccountManager.get(filename=path)
    for name in ("token", "channel", "url", "instance", "private_endpoint", "region"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert list(ours.tags) == (theirs.tags or [])
    assert list(ours.plans_preference) == (theirs.plans_preference or [])
    assert ours.proxies == (theirs.proxies.urls if theirs.proxies else None)
    assert (ours.verify in (None, True)) == (theirs.verify is True)
    assert QiskitRuntimeService.delete_account(
        filename=path, name=UPSTREAM[how].get("name"), channel=UPSTREAM[how].get("channel")
    )
    assert upstream.saved_accounts(filename=path) == {}


ROWS = {
    "none by default": {"a": "ibm_cloud", "b": "ibm_quantum_platform"},
    "defaults of both": {"default-ibm-cloud": "ibm_cloud", "b": "ibm_quantum_platform"},
    "only the other": {"default-ibm-cloud": "ibm_cloud"},
    "several": {
        "a": "ibm_quantum_platform",
        "default-ibm-quantum-platform": "ibm_quantum_platform",
        "z": "ibm_quantum_platform",
        "c": "ibm_cloud",
        "d": "ibm_cloud",
    },
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("channel", [None, "ibm_cloud", "ibm_quantum_platform"])
@pytest.mark.parametrize("env", [{}, {"CHANNEL": "ibm_cloud"}, {"TOKEN": "e", "INSTANCE": US}])
@pytest.mark.parametrize("default", [None, "a", "c"])
def test_both_choose_the_same_account(upstream, tmp_path, monkeypatch, rows, channel, env, default):
    from qiskit_ibm_runtime.accounts import AccountManager
    from qiskit_ibm_runtime.accounts.exceptions import AccountsError

    saved = {n: account(token=n, channel=c) for n, c in ROWS[rows].items()}
    if default in saved:
        saved[default]["is_default_account"] = True
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(saved))
    for name, value in env.items():
        monkeypatch.setenv(f"QISKIT_IBM_{name}", value)
    try:
        theirs = AccountManager.get(filename=str(path), channel=channel)
        expected = (theirs.token, theirs.channel, theirs.instance)
    except AccountsError:
        expected = None
    try:
        ours = accounts.choose(filename=str(path), channel=channel)
        found = (ours.token, ours.channel, ours.instance)
    except IBMAccountError:
        found = None
    assert found == expected


def test_the_file_is_upstream_s_own_by_default(no_account):
    QiskitRuntimeService.save_account(token="ours", name="ours")
    code = (
        "from qiskit_ibm_runtime import QiskitRuntimeService as S\n"
        "assert S.saved_accounts()['ours']['token'] == 'ours'\n"
        "S.save_account(token='theirs', name='theirs')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=100)
    assert done.returncode == 0
    assert accounts.choose(name="theirs").token == "theirs"
    assert accounts.choose(name="ours").token == "ours"
    assert Path.home() == no_account


@pytest.mark.skipif(sys.platform == "win32", reason="locks are others there")
def test_where_a_file_system_has_no_locks_accounts_are_saved_all_the_same(monkeypatch):
    def no_lock(_handle, _how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_lock)
    QiskitRuntimeService.save_account("t", instance="crn:v1:x")
    assert accounts.choose().token == "t"


def test_no_account_shows_its_token_wherever_it_comes_from(monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    for account in (accounts.choose(), accounts.choose(token=TOKEN)):
        assert account.token == TOKEN
        assert TOKEN not in repr(account) + repr(account.parameters())


@pytest.mark.skipif(sys.platform == "win32", reason="a home is found otherwise there")
def test_without_a_home_the_error_says_what_is_missing(monkeypatch):
    def nobody(_uid):
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    for ask in (accounts.choose, QiskitRuntimeService.saved_accounts):
        with pytest.raises(IBMAccountError, match=r"no home folder.*filename"):
            ask()
    with pytest.raises(IBMAccountError, match="no home folder"):
        QiskitRuntimeService.save_account("t", instance="crn:v1:x")


# certificates and proxies


def test_proxies_and_certificates_are_read_as_upstream_writes_them(write):
    proxies = {"urls": {"https": "http://user:secret@proxy"}}
    write(mine=account(proxies=proxies, verify=False))
    params = accounts.choose(name="mine").parameters()
    assert params.proxies == proxies["urls"]
    assert params.verify is False
    assert "secret" not in repr(params)
    assert accounts.choose(name="mine", verify="/ca.pem").parameters().verify == "/ca.pem"
    given = accounts.choose(name="mine", proxies={"http": "http://other"})
    assert given.parameters().proxies == {"http": "http://other"}


def test_a_proxy_that_wants_ntlm_is_said_to_be_out_of_reach_but_can_be_listed(write):
    write(mine=account(proxies={"username_ntlm": "bob", "password_ntlm": "hunter2"}))
    with pytest.raises(IBMAccountError, match="NTLM") as caught:
        accounts.choose(name="mine")
    assert "hunter2" not in str(caught.value)
    listed = QiskitRuntimeService.saved_accounts()
    assert listed["mine"]["proxies"]["username_ntlm"] == "bob"
    assert "hunter2" not in repr(listed)
