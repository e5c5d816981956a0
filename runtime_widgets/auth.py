"""How a request proves who sends it. The headers are made for that request alone."""

from __future__ import annotations

import base64
import copy
import json
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from typing_extensions import Self

from runtime_widgets._faults import error_of, seconds_of_date
from runtime_widgets._fields import number_of
from runtime_widgets._forks import renew_after_fork
from runtime_widgets._retries import ONCE, Patience
from runtime_widgets._secrets import Secret
from runtime_widgets._transport import Call, Transport
from runtime_widgets.errors import IBMAnswerError, IBMApiError, IBMAuthError
from runtime_widgets.params import ClientParameters

if TYPE_CHECKING:
    import requests

__all__ = ["BearerAuth", "IamAuth", "auth_for"]

_RENEW_BEFORE_S = 300.0
_POSTPONED_S = 15.0
_HOUR_S = 3600.0
_EXCHANGE = "POST /identity/token"
_FORM = {
    "grant_type": "urn:ibm:params:oauth:grant-type:apikey",
    "response_type": "cloud_iam",
}


class BearerAuth:
    """A token that is sent as it is: the embedded runtime's."""

    def __init__(self, token: str, instance: str | None = None) -> None:
        self._token = Secret(token)
        self._instance = instance

    def headers(self) -> dict[str, str]:
        """Return the headers of one request, for the WebSocket hand-shake too.

        Raises
        ------
        IBMApiError
            If there is no token to be had.
        """
        headers: dict[str, str] = {"Authorization": Secret(f"Bearer {self.token()}")}
        if self._instance:
            headers["Service-CRN"] = self._instance
        return headers

    def token(self) -> str:
        """Return the token to send now."""
        return self._token

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget the token of these headers, which was refused; say if another can be had."""
        return self.expire(str(headers.get("Authorization", "")).partition(" ")[2])

    def expire(self, used: str) -> bool:
        """Forget the token `used`, which the service refused; say if another can be had."""
        del used
        return False

    def for_instance(self, instance: str | None) -> Self:
        """Return the same for another instance; they share their token."""
        other = copy.copy(self)
        other._instance = instance  # noqa: SLF001 (it is one of us)
        return other

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True)
class _Held:
    """A bearer token, and when to renew it, by both clocks.

    The one stands still while a laptop sleeps, and the other jumps when somebody sets it:
    whichever says first that it is time is believed.
    """

    bearer: Secret
    renew: tuple[float, float]
    ends: tuple[float, float]


_NOTHING = _Held(Secret(), (-math.inf, -math.inf), (-math.inf, -math.inf))


class _Keeper:
    """Exchanges an API key for bearer tokens, one exchange at a time."""

    def __init__(self, params: ClientParameters, transport: Transport) -> None:
        self._params = params
        self._transport = transport
        self._clock = transport.clock
        self._lock = threading.Lock()
        self._held = _NOTHING
        self._tries = 0
        self._failed: IBMApiError | None = None
        renew_after_fork(self)

    def renew(self) -> None:
        """Nobody makes an exchange in a forked process yet."""
        self._lock = threading.Lock()

    def token(self) -> str:
        held = self._held
        if not self._past(held.renew):
            return held.bearer
        if not self._past(held.ends):
            self._renew_early()
            held = self._held
            if held is not _NOTHING:  # another thread's was refused, and so has forgotten it
                return held.bearer
        tries = self._tries
        with self._lock:
            if self._past(self._held.ends):
                if self._failed is not None and self._tries != tries:
                    # Who waited for this exchange need not make the same one again.
                    raise copy.copy(self._failed)
                self._exchange(Patience(within_s=self._params.retry_for_s))
            return self._held.bearer

    def expire(self, used: str) -> None:
        with self._lock:
            if self._held.bearer == used:
                self._held = _NOTHING

    def _past(self, times: tuple[float, float]) -> bool:
        return self._clock.monotonic() >= times[0] or self._clock.wall() >= times[1]

    def _after(self, seconds: float) -> tuple[float, float]:
        return self._clock.monotonic() + seconds, self._clock.wall() + seconds

    def _renew_early(self) -> None:
        """Renew a token that is good for some minutes yet: one thread does, the others go on."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._past(self._held.renew):
                # Asked once: nobody's request waits for repeats while there is no need.
                self._exchange(ONCE)
        except IBMApiError:
            # What is held still opens the door; the identity service is asked again soon.
            held = self._held
            self._held = _Held(held.bearer, self._after(_POSTPONED_S), held.ends)
        finally:
            self._lock.release()

    def _exchange(self, patience: Patience) -> None:
        self._failed = None
        try:
            answer = self._ask(patience)
            bearer, lifetime_s = _bearer_of(answer)
        except IBMApiError as exc:
            exc.sent = False  # what the token was wanted for has not been sent
            self._failed = exc
            raise
        finally:
            self._tries += 1
        renew_s = max(lifetime_s - _RENEW_BEFORE_S, lifetime_s / 2)
        self._held = _Held(Secret(bearer), self._after(renew_s), self._after(lifetime_s))

    def _ask(self, patience: Patience) -> requests.Response:
        call = Call(
            "POST",
            self._params.iam_url.rstrip("/") + "/identity/token",
            _EXCHANGE,
            {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
            data=Secret(urlencode({**_FORM, "apikey": self._params.token})),
        )
        try:
            answer, _ = self._transport.send(call, patience, dict)
        except IBMApiError as exc:
            exc.message = f"The identity service: {exc.message}"
            raise
        return answer


class IamAuth(BearerAuth):
    """An API key, exchanged for a bearer token that is renewed before it expires.

    Any number of threads may ask: one of them makes the exchange, and the others wait for it,
    or go on with the token that is good for some minutes yet.

    Parameters
    ----------
    params : ClientParameters
        The key, and where to exchange it.
    transport : Transport
        What sends the exchange.
    """

    def __init__(self, params: ClientParameters, transport: Transport) -> None:
        super().__init__("", params.instance)
        self._keeper = _Keeper(params, transport)

    def token(self) -> str:
        """Return a bearer token that is good now.

        Raises
        ------
        IBMAuthError
            If the key is refused.
        IBMNetworkError
            If the identity service cannot be reached.
        """
        return self._keeper.token()

    def expire(self, used: str) -> bool:
        """Forget `used`, unless another thread has renewed it already."""
        self._keeper.expire(used)
        return True


def auth_for(params: ClientParameters, transport: Transport) -> BearerAuth:
    """Choose how to authenticate for these parameters."""
    if params.is_local:
        return BearerAuth(params.token, params.instance)
    return IamAuth(params, transport)


def _bearer_of(answer: requests.Response) -> tuple[str, float]:
    """Return the token and its life in seconds.

    Raises
    ------
    IBMApiError
        If there is none.
    """
    body = _json(answer)
    bearer = body.get("access_token")
    if answer.status_code != 200 or not isinstance(bearer, str) or not _is_sendable(bearer):
        raise _refusal(answer, body)
    return bearer, _lifetime_s(body, bearer, answer.headers.get("Date", ""))


def _lifetime_s(body: Mapping[str, Any], bearer: str, date: str) -> float:
    """Return how long a token lives: as told, else as it says itself, else an hour.

    No clock of this machine is compared with one of the service.
    """
    told = number_of(body.get("expires_in"))
    if told is not None and told > 0:
        return told
    claims = _claims(bearer)
    issued, ends = number_of(claims.get("iat")), number_of(claims.get("exp"))
    if issued is not None and ends is not None and ends > issued:
        return ends - issued
    ends = number_of(body.get("expiration")) or ends
    now = seconds_of_date(date)
    if ends is not None and now is not None and ends > now:
        return ends - now
    return _HOUR_S


def _claims(bearer: str) -> dict[str, Any]:
    """Read what a JSON web token says of itself; it is not checked, for it is not ours to judge."""
    part = bearer.split(".")[1] if bearer.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _is_sendable(bearer: str) -> bool:
    """Whether a header can hold it: the HTTP library would quote it in an error otherwise."""
    return bool(bearer) and bearer.isascii() and bearer.isprintable()


def _refusal(answer: requests.Response, body: Mapping[str, Any]) -> IBMApiError:
    """Tell a key that is refused from an identity service that has a problem of its own."""
    if answer.status_code in (400, 401, 403):
        # Its own words may quote the key; its code does not.
        code = str(body.get("errorCode", ""))
        code = f" ({code})" if re.fullmatch(r"[A-Z0-9]{3,16}", code) else ""
        return IBMAuthError(
            f"The API key was not accepted by the identity service{code}.",
            status_code=answer.status_code,
            solution="Check the key, and that it has not been deleted.",
            request=_EXCHANGE,
        )
    if 200 <= answer.status_code < 300:
        msg = "The identity service gave an answer without a token."
        return IBMAnswerError(msg, status_code=answer.status_code, request=_EXCHANGE)
    error = error_of(answer.status_code, answer.headers, answer.content, _EXCHANGE)
    error.message = f"The identity service: {error.message}"
    return error


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
