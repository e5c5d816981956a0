"""Why nobody was reached: who, what happened, and no password of an address."""

from __future__ import annotations

import errno
import socket
from http.client import BadStatusLine, RemoteDisconnected

import pytest

from runtime_widgets._unreachable import host_of, remedy, why_unreachable


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://iam.cloud.ibm.com/identity/token", "iam.cloud.ibm.com"),
        ("https://iam.cloud.ibm.com:443/", "iam.cloud.ibm.com"),
        ("http://bob:hunter2@h.example:8080/x?apikey=y", "h.example:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://bob:hunter2@h:99999", "the service"),
        ("nothing", "the service"),
    ],
)
def test_of_an_address_only_the_host_is_told(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("cause", "proxied", "words"),
    [
        (socket.gaierror(-2, "x"), False, "The name h could not be looked up: is there a network?"),
        (ConnectionRefusedError(), False, "Nobody answers at h:81 (connection refused)."),
        (OSError(errno.ENETUNREACH, "x"), False, "There is no way to h:81: is there a network?"),
        (OSError(errno.EHOSTUNREACH, "x"), True, "There is no way to the proxy: is there a net"),
        (RemoteDisconnected(), False, "h:81 closed the connection before the answer was there."),
        (ConnectionResetError(), True, "The proxy closed the connection before the answer"),
        (BadStatusLine("x"), False, "h:81 answered what is no HTTP (BadStatusLine)."),
        (RuntimeError(), False, "h:81 could not be reached (RuntimeError)."),
    ],
)
def test_a_reason_is_a_sentence(cause, proxied, words):
    assert why_unreachable([Exception(), cause], "h:81", proxied=proxied).startswith(words)


def test_what_can_be_done_names_the_proxy_where_there_is_one():
    assert "network" in remedy(local=False, proxied=False)
    assert "HTTPS_PROXY" in remedy(local=False, proxied=True)
    assert remedy(local=True, proxied=False) is None
