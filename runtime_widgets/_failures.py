"""What it means that a request failed: in words, whether it may have arrived, and if it passes."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ContentDecodingError,
    InvalidHeader,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util.ssl_match_hostname import CertificateError

from runtime_widgets._steady import is_before_request
from runtime_widgets._unreachable import host_of, remedy, why_unreachable
from runtime_widgets.errors import IBMAnswerError, IBMApiError, IBMNetworkError
from runtime_widgets.params import ClientParameters

__all__ = ["Failure", "failure_of"]

_VERIFY = "Set verify to the path of your organisation's CA bundle."


class Failure(Exception):
    """One attempt failed: what to say of it, and whether another might not."""

    def __init__(self, error: IBMApiError, *, passing: bool) -> None:
        super().__init__()
        self.error = error
        self.passing = passing


def failure_of(
    exc: Exception,
    params: ClientParameters,
    request: str,
    url: str,
    handled: BaseException | None,
) -> Failure:
    """Translate what the HTTP library raised.

    Parameters
    ----------
    exc : Exception
        What it raised.
    params : ClientParameters
        The limits that were set.
    request : str
        Method and path.
    url : str
        Where it was sent; only its host is told.
    handled : BaseException or None
        What the caller was handling when it sent the request: Python hangs that to the chain
        of causes, and it is none.
    """
    causes = _causes(exc, handled)
    reason = type(causes[-1]).__name__
    # A header that is none is the service's: ours are looked at before.
    if isinstance(exc, (ChunkedEncodingError, ContentDecodingError, InvalidHeader)):
        msg = f"The answer broke off or is damaged ({reason})."
        passing = isinstance(exc, ChunkedEncodingError)
        return _caused(IBMAnswerError(msg, request=request), exc, passing=passing)
    unsent = _is_unsent(exc, causes)
    passing = True
    if any(isinstance(c, (ssl.SSLCertVerificationError, CertificateError)) for c in causes):
        whose = "proxy" if isinstance(exc, ProxyError) else "service"
        msg = f"The {whose}'s certificate could not be verified."
        error = IBMNetworkError(msg, solution=_VERIFY, request=request)
        passing = False
    elif _is_no_bundle(exc):
        msg = "The certificates to check the service's with cannot be read."
        error = IBMNetworkError(msg, solution=_VERIFY, request=request)
        passing = False
    else:
        msg = _no_answer(exc, causes, params, host_of(url))
        error = IBMNetworkError(msg, request=request)
        if unsent and _is_no_connection(exc, causes):
            proxied = isinstance(exc, ProxyError)
            error.solution = remedy(local=params.is_local, proxied=proxied)
        passing = not isinstance(exc, ValueError) and _refusal_of_proxy(causes) is None
    error.sent = not unsent
    return _caused(error, exc, passing=passing)


def _no_answer(
    exc: Exception, causes: Sequence[BaseException], params: ClientParameters, host: str
) -> str:
    """Say in a sentence why there is no answer."""
    reason = type(causes[-1]).__name__
    refusal = _refusal_of_proxy(causes)
    if refusal:
        return f"The proxy did not let the request through ({refusal})."
    if isinstance(exc, ProxyError):
        return why_unreachable(causes, host, proxied=True)
    if isinstance(exc, requests.ConnectTimeout):
        return f"{host} could not be reached within {params.connect_timeout_s:g} s."
    if isinstance(exc, requests.Timeout) or "Timeout" in reason:
        return f"No answer from the service within {params.read_timeout_s:g} s."
    if isinstance(exc, SSLError):
        # Not of a certificate: what is there speaks no TLS, or stopped in the middle.
        return f"The secure connection failed ({getattr(causes[-1], 'reason', None) or reason})."
    if isinstance(exc, requests.exceptions.InvalidSchema) and "SOCKS" in str(exc):
        return "A SOCKS proxy needs one more package: pip install pysocks."
    if isinstance(exc, ValueError):
        return f"There is no address to send this to ({reason})."
    return why_unreachable(causes, host, proxied=False)


def _is_no_connection(exc: Exception, causes: Sequence[BaseException]) -> bool:
    """Whether nobody was there at all, and not one who did not say the right thing."""
    refused = _refusal_of_proxy(causes) is not None
    return not refused and not isinstance(exc, (SSLError, ValueError))


def _caused(error: IBMApiError, exc: Exception, *, passing: bool) -> Failure:
    if not isinstance(exc, ValueError):  # that one quotes an address, and a password with it
        error.__cause__ = _without_secrets(exc)
    return Failure(error, passing=passing)


def _without_secrets(exc: Exception) -> Exception:
    """Take what carries a token out of an exception that is kept as cause.

    That is the request, and the frames below: a verbose traceback prints their variables,
    the headers among them, into a notebook.
    """
    if isinstance(exc, requests.RequestException):
        exc.request = None
        exc.response = None
    exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def _causes(exc: BaseException, handled: BaseException | None) -> list[BaseException]:
    """Return an exception and what it came from, the innermost last."""
    found = [exc]
    known = {id(exc), id(handled)}
    while True:
        last = found[-1]
        # urllib3 hands some on as an argument alone.
        below = [
            cause
            for cause in (last.__cause__, last.__context__, *last.args)
            if isinstance(cause, BaseException) and id(cause) not in known
        ]
        if not below:
            return found
        found.append(below[0])
        known.add(id(below[0]))


def _is_unsent(exc: Exception, causes: Sequence[BaseException]) -> bool:
    """Whether it is certain that no byte of a request has reached the service."""
    if isinstance(exc, ValueError) or _is_no_bundle(exc):
        return True  # a URL that is none; a file that is none
    return any(isinstance(c, ConnectTimeoutError) or is_before_request(c) for c in causes)


def _is_no_bundle(exc: Exception) -> bool:
    """Whether requests misses the file of certificates: only that it raises so plainly."""
    return type(exc) is OSError and exc.errno is None


def _refusal_of_proxy(causes: Sequence[BaseException]) -> str | None:
    """Return the words with which a proxy refused to dig a tunnel, if it did."""
    text = str(causes[-1])
    is_one = isinstance(causes[-1], OSError) and text.startswith("Tunnel connection")
    return text if is_one else None
