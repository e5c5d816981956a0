"""How a request proves who sends it. The header is set on that request alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from requests.auth import AuthBase

from runtime_widgets._faults import error_of
from runtime_widgets.errors import IBMAnswerError, IBMApiError, IBMAuthError, IBMNetworkError
from runtime_widgets.params import ClientParameters

__all__ = ["BearerAuth", "IamAuth", "auth_for", "without_secrets"]

_REFRESH_BEFORE_S = 300.0
_FORM = {
    "grant_type": "urn:ibm:params:oauth:grant-type:apikey",
    "response_type": "cloud_iam",
}


class BearerAuth(AuthBase):
    """A token that is sent as it is: the embedded runtime's."""

    def __init__(self, token: str, instance: str | None = None) -> None:
        self._token = token
        self._instance = instance

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the headers on one request."""
        request.headers.update(self.headers())
        return request

    def headers(self) -> dict[str, str]:
        """Return the headers, for the WebSocket hand-shake too."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        if self._instance:
            headers["Service-CRN"] = self._instance
        return headers

    def token(self) -> str:
        """Return the token to send now."""
        return self._token

    def expire(self, used: str) -> bool:
        """Forget the token `used`, which the service refused; say if another can be had."""
        del used
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class IamAuth(BearerAuth):
    """An API key, exchanged for a bearer token that is renewed before it expires.

    Any number of threads may ask: one of them makes the exchange and the others wait.
    """

    def __init__(
        self,
        params: ClientParameters,
        session: requests.Session,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(params.token, params.instance)
        self._params = params
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._bearer = ""
        self._good_until = float("-inf")

    def token(self) -> str:
        """Return a bearer token that is good for some minutes yet.

        Raises
        ------
        IBMAuthError
            If the key is refused.
        IBMNetworkError
            If the identity service cannot be reached.
        """
        with self._lock:
            if self._clock() >= self._good_until:
                self._exchange()
            return self._bearer

    def expire(self, used: str) -> bool:
        """Forget `used`, unless another thread has renewed it already."""
        with self._lock:
            if self._bearer == used:
                self._good_until = float("-inf")
        return True

    def _exchange(self) -> None:
        url = self._params.iam_url.rstrip("/") + "/identity/token"
        try:
            answer = self._session.post(
                url,
                data={**_FORM, "apikey": self._params.token},
                headers={"Accept": "application/json"},
                timeout=(self._params.connect_timeout_s, self._params.read_timeout_s),
                allow_redirects=False,
                # Else requests would add a password that it finds in ~/.netrc.
                auth=_as_it_is,
                proxies=dict(self._params.proxies or {}),
                verify=self._params.verify,
            )
        except requests.RequestException as exc:
            msg = f"The identity service gave no answer ({type(exc).__name__})."
            error = IBMNetworkError(msg, request="POST /identity/token")
            error.sent = False  # what the token was wanted for has not been sent
            raise error from without_secrets(exc)
        body = _json(answer)
        bearer = body.get("access_token")
        if answer.status_code != 200 or not isinstance(bearer, str):
            raise _refusal(answer)
        lifetime_s = body.get("expires_in")
        lifetime_s = float(lifetime_s) if isinstance(lifetime_s, (int, float)) else 3600.0
        self._bearer = bearer
        self._good_until = self._clock() + max(lifetime_s - _REFRESH_BEFORE_S, lifetime_s / 2)


def auth_for(params: ClientParameters, session: requests.Session) -> BearerAuth:
    """Choose how to authenticate for these parameters."""
    if params.is_local:
        return BearerAuth(params.token, params.instance)
    return IamAuth(params, session)


def without_secrets(exc: Exception) -> Exception:
    """Take what carries a token out of an exception that is kept as cause.

    That is the request, and the frames below: a verbose traceback prints their variables,
    the headers among them, into a notebook.
    """
    if isinstance(exc, requests.RequestException):
        exc.request = None
        exc.response = None
    exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _refusal(answer: requests.Response) -> IBMApiError:
    """Tell a key that is refused from an identity service that has a problem of its own."""
    request = "POST /identity/token"
    if answer.status_code in (400, 401, 403):
        error: IBMApiError = IBMAuthError(
            "The API key was not accepted by the identity service.",
            status_code=answer.status_code,
            solution="Check the key, and that it has not been deleted.",
            request=request,
        )
    elif 200 <= answer.status_code < 300:
        msg = "The identity service gave an answer without a token."
        error = IBMAnswerError(msg, status_code=answer.status_code, request=request)
    else:
        error = error_of(answer.status_code, answer.headers, answer.content, request)
        error.message = f"The identity service: {error.message}"
    error.sent = False  # what the token was wanted for has not been sent
    return error


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
