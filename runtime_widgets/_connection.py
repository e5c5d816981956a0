"""Connection: the one way out. What each request carries, and where it goes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import Self

from runtime_widgets._clock import CLOCK, Clock
from runtime_widgets._faults import error_of, seconds_of_date
from runtime_widgets._fields import whole
from runtime_widgets._retries import ONCE, Patience
from runtime_widgets._transport import Call, Transport
from runtime_widgets.auth import auth_for
from runtime_widgets.errors import IBMAnswerError, IBMNetworkError
from runtime_widgets.params import ClientParameters

if TYPE_CHECKING:
    import requests

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
        clock: Clock = CLOCK,
    ) -> None:
        self.params = params
        self._whereabouts = whereabouts
        self._may_start = True
        self._revives: Callable[[], bool] = _never
        self._clock = clock
        self._transport = Transport(params, clock)
        self.auth = auth_for(params, self._transport)
        # Where a service can be brought back, that beats knocking at a closed door.
        self._patience = Patience(within_s=params.retry_for_s, knock=whereabouts is None)
        self._careful = Patience(2, params.retry_for_s, unsent_only=True, knock=whereabouts is None)
        # In a list of one: copies of this connection hear the same server.
        self._ahead_s = [0.0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.params.channel} {self.params.url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def once(self, revives: Callable[[], bool] | None = None) -> Self:
        """Return a client on the same connections that repeats nothing by itself.

        For the tracker, which has a back-off of its own and says so. It starts no server,
        but brings back one that has crashed while `revives` says so.
        """
        other = copy.copy(self)
        other._patience = other._careful = ONCE  # noqa: SLF001 (it is one of us)
        # Looking starts nothing.
        other._may_start = False  # noqa: SLF001
        other._revives = revives or _never  # noqa: SLF001
        return other

    @property
    def may_revive(self) -> bool:
        """Whether there is a server that can be started again."""
        return self._whereabouts is not None

    def for_instance(self, instance: str) -> Self:
        """Return a client on the same connections, with the same token, for another instance."""
        other = copy.copy(self)
        other.params = self.params.for_instance(instance)
        other.auth = self.auth.for_instance(instance)
        return other

    @property
    def clock(self) -> Clock:
        """What tells this connection the time."""
        return self._clock

    def elsewhere(self, method: str, url: str, *, name: str, **kwargs: Any) -> Any:
        """Ask another of IBM's services, as the same account, and return its JSON.

        Parameters
        ----------
        method, url : str
            What and where; it must do no harm twice.
        name : str
            Method and path, for errors.
        **kwargs
            ``params`` or ``json`` of a ``Call``.

        Raises
        ------
        IBMApiError
            If there is no such answer.
        """
        call = Call(method, url, name, {"Accept": "application/json"}, **kwargs)
        account = self.auth.for_instance(None)
        for last in (False, True):
            sent, _ = self._transport.send(call, self._patience, account.headers)
            if sent.status_code != 401 or last or not account.refused(sent.request.headers):
                break
        if not 200 <= sent.status_code < 300:
            raise error_of(sent.status_code, sent.headers, sent.content, name)
        return self._body(sent, name)

    def server_time(self) -> float:
        """Return the server's clock now, in seconds since the epoch.

        Estimated from the ``Date`` of its last answer; differences under 2 s are below what
        that header can tell and count as none.
        """
        return self._clock.wall() + self._ahead_s[0]

    def clock_ahead_s(self) -> float:
        """Return how far the server's clock is ahead of this machine's, in seconds."""
        return self._ahead_s[0]

    def locate(self, *, suspect: bool = False) -> None:
        """Make sure that requests go to where the service is now.

        Raises
        ------
        IBMNetworkError
            If it has ended, and this client starts nothing.
        LocalRuntimeError
            If it cannot be started.
        """
        if self._whereabouts is None:
            return
        params = self._whereabouts(start=self._may_start, revive=self._revives(), suspect=suspect)
        if params != self.params:
            self.params = params
            self.auth = auth_for(params, self._transport)

    def _send(
        self, method: str, path: str, *, retry: bool | None = None, **kwargs: Any
    ) -> requests.Response:
        """Send one request; every way in which it can fail leaves as one of our errors.

        Parameters
        ----------
        method, path : str
            What, and where under the base of the API.
        retry : bool, optional
            Whether it may be sent again after it may have reached the service; by default
            GET, PUT and DELETE may.
        **kwargs
            ``headers``, ``params``, ``data`` or ``json`` of a ``Call``.
        """
        return self._send_telling(method, path, retry=retry, **kwargs)[0]

    def _send_telling(
        self, method: str, path: str, *, retry: bool | None = None, **kwargs: Any
    ) -> tuple[requests.Response, bool]:
        """Like :meth:`_send`, and say whether an earlier attempt may have been carried out."""
        name = f"{method} {path}"
        headers = {"IBM-API-Version": API_VERSION, "Accept": "application/json, text/plain"}
        headers |= kwargs.pop("headers", {})
        repeatable = method in _IDEMPOTENT if retry is None else retry
        patience = self._patience if repeatable else self._careful
        self.locate()
        doubt = False
        for last in (False, True):
            call = Call(method, self.params.api_url + path, name, headers, **kwargs)
            used = self.auth
            try:
                sent, repeated = self._transport.send(call, patience, used.headers)
            except IBMNetworkError as exc:
                if exc.sent or last or self._whereabouts is None:
                    raise
                self.locate(suspect=True)
                continue
            doubt = doubt or repeated
            if sent.status_code == 401 and not last and used.refused(sent.request.headers):
                continue
            break
        self._read_clock(sent)
        if not 200 <= sent.status_code < 300:
            error = error_of(sent.status_code, sent.headers, sent.content, name)
            error.repeated = doubt
            raise error
        return sent, doubt

    def _json(self, method: str, path: str, *, verbatim: bool = False, **kwargs: Any) -> Any:
        """Send a request and read its JSON; `verbatim` where it must compare equal."""
        return self._body(self._send(method, path, **kwargs), f"{method} {path}", verbatim=verbatim)

    @classmethod
    def _body(cls, answer: requests.Response, name: str, *, verbatim: bool = False) -> Any:
        try:
            body = answer.json()
            return body if verbatim else whole(body, answer.content)
        except (ValueError, RecursionError) as exc:
            raise cls._no_json(answer, name) from exc

    @staticmethod
    def _no_json(answer: requests.Response, name: str) -> IBMAnswerError:
        if answer.content:
            kind = answer.headers.get("Content-Type", "no content type").partition(";")[0]
            msg = f"The answer is not JSON ({kind}, {len(answer.content)} bytes)."
        else:
            msg = f"The answer is empty ({answer.status_code}) where there should be JSON."
        return IBMAnswerError(msg, status_code=answer.status_code, request=name)

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
        theirs = seconds_of_date(answer.headers.get("Date", ""))
        if theirs is None:
            return
        offset = theirs + 0.5 - self._clock.wall()
        if abs(offset) <= 2.0:
            self._ahead_s[0] = 0.0
        elif abs(offset - self._ahead_s[0]) > 1.5:
            # The header has whole seconds: what is within them is no news of the clock, and
            # would make news of every time in a view.
            self._ahead_s[0] = offset


def _never() -> bool:
    return False
