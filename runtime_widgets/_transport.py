"""Transport: sends one request, again where that may help, and names what goes wrong.

With ``_failures`` and ``_steady`` this is the only module that imports requests. Every foreign
exception ends here: what leaves is the tree of ``errors``, without the frames and objects that
hold a token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from runtime_widgets._clock import Clock
from runtime_widgets._failures import Failure, failure_of
from runtime_widgets._faults import retry_after_s
from runtime_widgets._forks import renew_after_fork
from runtime_widgets._retries import RETRY_STATUSES, Patience
from runtime_widgets._steady import SteadyAdapter
from runtime_widgets.params import ClientParameters

__all__ = ["Call", "Transport"]


@dataclass(frozen=True)
class Call:
    """One request, but for the token.

    Attributes
    ----------
    method, url : str
        What and where.
    name : str
        Method and path, for errors: without query or host.
    headers, params : mapping
        Its headers and parameters; a parameter that is None is left out.
    data : bytes or str, optional
        As it is sent. Where it holds a key it is a ``Secret``.
    json : object, optional
        The body, to be encoded.
    """

    method: str
    url: str
    name: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] | None = None
    data: bytes | str | None = None
    json: Any = None


class Transport:
    """The pooled connections of one client. Safe to use from many threads.

    Parameters
    ----------
    params : ClientParameters
        Proxies, certificates and time limits.
    clock : Clock
        What tells the time between attempts.
    """

    def __init__(self, params: ClientParameters, clock: Clock) -> None:
        self.clock = clock
        self._params = params
        self._adapter = SteadyAdapter(params.read_timeout_s)
        # Asked for what the environment says of proxies and certificates; it sends nothing.
        self._environment = requests.Session()
        # A proxy of the environment must never see the embedded runtime's token.
        self._environment.trust_env = not params.is_local
        renew_after_fork(self)

    def renew(self) -> None:
        """Leave the connections to the process that made them."""
        self._adapter = SteadyAdapter(self._params.read_timeout_s)

    def close(self) -> None:
        """Close the pooled connections."""
        self._adapter.close()
        self._environment.close()

    def send(
        self, call: Call, patience: Patience, headers: Callable[[], Mapping[str, str]]
    ) -> tuple[requests.Response, bool]:
        """Send a request, as often as `patience` has it.

        Parameters
        ----------
        call : Call
            The request.
        patience : Patience
            When to send it again.
        headers : callable
            Returns the headers that carry the token, for each attempt anew.

        Returns
        -------
        tuple
            The answer, whatever its status, and whether an earlier attempt may have reached
            the service too.

        Raises
        ------
        IBMNetworkError
            If there is no answer; ``sent`` tells whether the service may have got it.
        IBMAnswerError
            If the answer breaks off or is damaged.
        """
        began = self.clock.monotonic()
        made, doubt = 0, False
        while True:
            made += 1
            left_s = patience.within_s - (self.clock.monotonic() - began) if made > 1 else None
            answer: requests.Response | None = None
            failure: Failure | None = None
            try:
                answer = self._attempt(call, headers(), left_s)
            except Failure as exc:
                failure = exc
            pause_s = None
            if self._may_repeat(patience, answer, failure):
                asked_s = None if answer is None else retry_after_s(answer.headers, self.clock)
                spent_s = self.clock.monotonic() - began
                pause_s = patience.pause_s(made, spent_s, asked_s, self.clock)
            if pause_s is None:
                break
            doubt = doubt or failure is None or failure.error.sent
            self.clock.sleep(pause_s)
        if failure is not None:
            failure.error.sent = failure.error.sent or doubt
            raise failure.error
        assert answer is not None  # noqa: S101 (one of the two is there)
        return answer, doubt

    @staticmethod
    def _may_repeat(
        patience: Patience, answer: requests.Response | None, failure: Failure | None
    ) -> bool:
        if failure is None:
            status = answer.status_code if answer is not None else 0
            return not patience.unsent_only and status in RETRY_STATUSES
        if not failure.error.sent:
            return failure.passing and patience.knock
        return failure.passing and not patience.unsent_only

    def _attempt(
        self, call: Call, headers: Mapping[str, str], left_s: float | None
    ) -> requests.Response:
        """Send it once.

        Raises
        ------
        Failure
            If there is no whole answer.
        """
        limits = [self._params.connect_timeout_s, self._params.read_timeout_s]
        if left_s is not None:
            limits = [min(limit, max(left_s, 0.001)) for limit in limits]
        handled = sys.exc_info()[1]
        try:
            prepared = requests.Request(
                call.method,
                call.url,
                headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate", **call.headers},
                params=call.params,
                data=call.data,
                json=call.json,
            ).prepare()
            # After the preparation, which would make plain texts of them.
            prepared.headers.update(headers)
            answer = self._adapter.send(
                prepared, timeout=(limits[0], limits[1]), **self._settings(call.url)
            )
            # Read here, so that a body that stalls or breaks off is noticed here too.
            _ = answer.content
        except (requests.RequestException, HTTPError, OSError) as exc:
            raise failure_of(exc, self._params, call.name, call.url, handled) from None
        except BaseException as exc:
            # Ctrl-C in the middle of a request: the frames below hold the token, and a verbose
            # traceback prints their variables. (Not in a context manager: contextlib would put
            # the frames back.)
            raise exc.with_traceback(None) from None
        return answer

    def _settings(self, url: str) -> dict[str, Any]:
        """Proxies and certificates, as requests' users expect them."""
        merged = self._environment.merge_environment_settings(
            url, dict(self._params.proxies or {}), False, self._params.verify, None
        )
        return {k: v for k, v in merged.items() if k in {"stream", "verify", "cert", "proxies"}}


def _version() -> str:
    try:
        return version("runtime-widgets")
    except PackageNotFoundError:
        return "0"


_AGENT = f"runtime-widgets/{_version()}"
