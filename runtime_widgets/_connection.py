"""Connection: the one way out. What goes wrong on it leaves as the tree of ``errors``.

With ``auth`` this is the only module that imports requests.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from typing_extensions import Self
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from runtime_widgets._faults import error_of
from runtime_widgets._retries import ONLY_UNSENT, PATIENT, is_unsent
from runtime_widgets.auth import auth_for, without_secrets
from runtime_widgets.errors import IBMAnswerError, IBMNetworkError
from runtime_widgets.params import ClientParameters

__all__ = ["API_VERSION", "Connection"]

API_VERSION = "2026-03-15"
"""The generation of the API that is asked for; later answers are read as well."""

T = TypeVar("T")

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})


class Connection:
    """What every call of a :class:`~runtime_widgets.RuntimeClient` goes through."""

    def __init__(
        self,
        params: ClientParameters,
        *,
        whereabouts: Callable[..., ClientParameters] | None = None,
    ) -> None:
        self.params = params
        self._whereabouts = whereabouts
        self._may_start = True
        self._session = _session(params)
        self.auth = auth_for(params, self._session)
        # Where a service can be brought back, that beats knocking at a closed door.
        knocks = {} if whereabouts is None else {"connect": 0}
        self._retrying = _adapter_of(PATIENT.new(**knocks))
        self._once = _adapter_of(ONLY_UNSENT.new(**knocks))
        self._clock_offset_s = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.params.channel} {self.params.url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()
        self._retrying.close()
        self._once.close()

    def once(self) -> Self:
        """Return a client on the same connections that repeats nothing by itself.

        For the tracker, which has a back-off of its own and says so.
        """
        other = copy.copy(self)
        other._retrying = self._once  # noqa: SLF001 (it is one of us)
        # Looking starts nothing.
        other._may_start = False  # noqa: SLF001
        return other

    def server_time(self) -> float:
        """Return the server's clock now, in seconds since the epoch.

        Estimated from the ``Date`` of its last answer; differences under 2 s are below what
        that header can tell and count as none.
        """
        return time.time() + self._clock_offset_s

    def clock_ahead_s(self) -> float:
        """Return how far the server's clock is ahead of this machine's, in seconds."""
        return self._clock_offset_s

    def locate(self, *, suspect: bool = False) -> None:
        """Make sure that requests go to where the service is now.

        Raises
        ------
        IBMNetworkError
            If it has ended, and this client starts nothing.
        """
        if self._whereabouts is None:
            return
        params = self._whereabouts(start=self._may_start, suspect=suspect)
        if params != self.params:
            self.params = params
            self.auth = auth_for(params, self._session)

    def _send(
        self, method: str, path: str, *, retry: bool | None = None, **kwargs: Any
    ) -> requests.Response:
        """Send one request; every way in which it can fail leaves as one of our errors."""
        request = f"{method} {path}"
        headers = {"IBM-API-Version": API_VERSION, "Accept": "application/json, text/plain"}
        headers |= kwargs.pop("headers", {})
        repeatable = method in _IDEMPOTENT if retry is None else retry
        self.locate()
        settings = self._settings()
        for last in (False, True):
            prepared = self._session.prepare_request(
                requests.Request(
                    method,
                    self.params.api_url + path,
                    headers=headers,
                    # As requests' own auth: a password in ~/.netrc would else take its place.
                    auth=self.auth,
                    **kwargs,
                )
            )
            try:
                sent = self._transmit(prepared, request, repeatable=repeatable, settings=settings)
            except IBMNetworkError as exc:
                if exc.sent or last or self._whereabouts is None:
                    raise
                self.locate(suspect=True)
                continue
            if sent.status_code == 401 and not last and self._renew(prepared):
                continue
            break
        self._read_clock(sent)
        if not 200 <= sent.status_code < 300:
            raise error_of(sent.status_code, sent.headers, sent.content, request)
        return sent

    def _renew(self, refused: requests.PreparedRequest) -> bool:
        """Forget the token that was refused; say whether another can be had."""
        return self.auth.expire(str(refused.headers["Authorization"]).partition(" ")[2])

    def _transmit(
        self,
        prepared: requests.PreparedRequest,
        request: str,
        *,
        repeatable: bool,
        settings: Mapping[str, Any],
    ) -> requests.Response:
        timeout = (self.params.connect_timeout_s, self.params.read_timeout_s)
        adapter = self._retrying if repeatable else self._once
        try:
            answer = adapter.send(prepared, timeout=timeout, **settings)
            # Read here, so that a body that stalls or breaks off is noticed here too.
            _ = answer.content
        except requests.exceptions.SSLError as exc:
            msg = "The service's certificate could not be verified."
            solution = "Set verify to the path of your organisation's CA bundle."
            error = IBMNetworkError(msg, solution=solution, request=request)
            error.sent = False
            raise error from without_secrets(exc)
        except (ChunkedEncodingError, ContentDecodingError) as exc:
            msg = f"The answer broke off or is damaged ({_reason(exc)})."
            raise IBMAnswerError(msg, request=request) from without_secrets(exc)
        except (requests.RequestException, HTTPError, OSError) as exc:
            error = IBMNetworkError(self._no_answer(exc), request=request)
            error.sent = not is_unsent(exc)
            raise error from without_secrets(exc)
        return answer

    def _no_answer(self, exc: Exception) -> str:
        """Say in a sentence why there is no answer."""
        reason = _reason(exc)
        if isinstance(exc, requests.ConnectTimeout):
            return f"The service could not be reached within {self.params.connect_timeout_s:g} s."
        if isinstance(exc, requests.Timeout) or "Timeout" in reason:
            return f"No answer from the service within {self.params.read_timeout_s:g} s."
        return f"The service could not be reached ({reason})."

    def _settings(self) -> dict[str, Any]:
        """Proxies and certificates, as requests' users expect them."""
        merged = self._session.merge_environment_settings(
            self.params.api_url, dict(self.params.proxies or {}), False, self.params.verify, None
        )
        return {k: v for k, v in merged.items() if k in {"stream", "verify", "cert", "proxies"}}

    def _json(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._send(method, path, **kwargs)
        try:
            return answer.json()
        except (ValueError, RecursionError) as exc:
            kind = answer.headers.get("Content-Type", "no content type").partition(";")[0]
            msg = f"The answer is not JSON ({kind}, {len(answer.content)} bytes)."
            raise IBMAnswerError(
                msg, status_code=answer.status_code, request=f"{method} {path}"
            ) from exc

    def _object(self, path: str, **kwargs: Any) -> dict[str, Any]:
        body = self._json("GET", path, **kwargs)
        if not isinstance(body, dict):
            msg = "The answer is not a JSON object."
            raise IBMAnswerError(msg, request=f"GET {path}")
        return body

    def _record(self, read: Callable[[Any], T], body: Any, request: str) -> T:
        try:
            return read(body)
        except ValueError as exc:
            msg = f"The answer could not be read: {exc}."
            raise IBMAnswerError(msg, request=request) from exc

    def _read_clock(self, answer: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return
        offset = theirs + 0.5 - time.time()
        if abs(offset) <= 2.0:
            self._clock_offset_s = 0.0
        elif abs(offset - self._clock_offset_s) > 1.5:
            # The header has whole seconds: what is within them is no news of the clock, and
            # would make news of every time in a view.
            self._clock_offset_s = offset


def _session(params: ClientParameters) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"runtime-widgets/{_version()}"
    # A proxy of the environment must never see the embedded runtime's token.
    session.trust_env = not params.is_local
    return session


def _adapter_of(retries: Retry) -> HTTPAdapter:
    return HTTPAdapter(pool_maxsize=16, max_retries=retries)


def _version() -> str:
    try:
        return version("runtime-widgets")
    except PackageNotFoundError:
        return "0"


def _reason(exc: BaseException) -> str:
    """Name the innermost cause: "ConnectionRefusedError" says more than urllib3's wrapping."""
    while exc.__cause__ or exc.__context__:
        exc = exc.__cause__ or exc.__context__ or exc
    return type(exc).__name__
