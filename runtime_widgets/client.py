"""RuntimeClient: one method an endpoint, each of which returns a record.

With ``auth`` this is the only module that imports requests. Every foreign exception ends
here: what leaves is the tree of ``errors``.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from runtime_widgets._faults import error_of
from runtime_widgets._retries import ONLY_UNSENT, PATIENT, is_unsent
from runtime_widgets.auth import auth_for, without_secrets
from runtime_widgets.errors import (
    IBMAnswerError,
    IBMNetworkError,
    IBMNotFoundError,
    IBMServerError,
    RuntimeJobNotFound,
    SubmissionUnknownError,
)
from runtime_widgets.params import ClientParameters
from runtime_widgets.wire import BackendRecord, InstanceUsage, JobRecord, Metrics

__all__ = ["API_VERSION", "RuntimeClient"]

API_VERSION = "2026-03-15"
"""The generation of the API that is asked for; later answers are read as well."""

PAGE = 200
"""Most jobs that one list request may ask for."""

_PERHAPS_DONE = frozenset({502, 504, 520, 524})
"""A gateway's words for "I have passed it on, and lost the answer"."""
T = TypeVar("T")

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})


class RuntimeClient:
    """A connection to a Runtime service.

    Safe to use from many threads: after construction the bearer token is renewed, under a
    lock, and where `whereabouts` is given the address and its token are replaced; nothing
    else changes. Requests that may be repeated without harm (GET, PUT,
    DELETE, and a submission with an idempotency key) are, four times at most, with
    exponential back-off and jitter, honouring Retry-After up to 30 s.

    Parameters
    ----------
    params : ClientParameters
        Where to connect, and as whom.
    whereabouts : callable, optional
        Where the service is now: called before each request, and again with ``suspect=True``
        when nobody answers. For the embedded runtime, which ends by itself when it is idle
        and comes back at another address; see :class:`runtime_widgets.local.Whereabouts`.
    """

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
        return f"<RuntimeClient {self.params.channel} {self.params.url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()
        self._retrying.close()
        self._once.close()

    def once(self) -> RuntimeClient:
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

    # jobs

    def job_run(self, payload: str, *, idempotency_key: str | None = None) -> str:
        """Submit a job: ``POST /jobs``.

        Parameters
        ----------
        payload : str
            The JSON body, encoded.
        idempotency_key : str, optional
            Sent where the server understands it: the request may then be repeated.

        Returns
        -------
        str
            The id of the new job.

        Raises
        ------
        SubmissionUnknownError
            If the answer was lost, or cannot be read: the job may exist.
        IBMNetworkError
            If it is certain that nothing was sent.
        """
        headers = {"Content-Type": "application/json"}
        repeatable = idempotency_key is not None and self.params.is_local
        if repeatable:
            headers["Idempotency-Key"] = str(idempotency_key)
        try:
            body = self._json(
                "POST", "/jobs", data=payload.encode(), headers=headers, retry=repeatable
            )
        except (IBMNetworkError, IBMAnswerError, IBMServerError) as exc:
            refused = isinstance(exc, IBMServerError) and exc.status_code not in _PERHAPS_DONE
            if not exc.sent or refused:
                raise
            raise _submission_unknown(exc.status_code) from exc
        job_id = body.get("id") if isinstance(body, dict) else None
        if not isinstance(job_id, str) or not job_id:
            raise _submission_unknown(200)
        return job_id

    def job_get(self, job_id: str) -> JobRecord:
        """Return one job, without its inputs.

        Raises
        ------
        RuntimeJobNotFound
            If the service does not know it.
        """
        path = f"/jobs/{_part(job_id)}"
        body = self._job_json(path, params={"exclude_params": "true"})
        return self._record(JobRecord.from_json, body, f"GET {path}")

    def job_json(self, job_id: str) -> dict[str, Any]:
        """Return one job as it came, with its inputs under ``params``."""
        body = self._job_json(f"/jobs/{_part(job_id)}", params={"exclude_params": "false"})
        return body if isinstance(body, dict) else {}

    def jobs_get(
        self,
        *,
        limit: int = PAGE,
        offset: int = 0,
        pending: bool | None = None,
        program: str | None = None,
        backend: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        session_id: str | None = None,
        tags: Iterable[str] = (),
        descending: bool = True,
    ) -> tuple[list[JobRecord], int]:
        """Return one page of ``GET /jobs`` and how many jobs match in all.

        `limit` is at most 200. An item that is no job is left out, so that one bad row does
        not hide the others.
        """
        query: dict[str, Any] = {
            "limit": limit,
            "offset": offset,
            "sort": "DESC" if descending else "ASC",
            "exclude_params": "true",
            "pending": None if pending is None else str(pending).lower(),
            "program": program,
            "backend": backend,
            "created_after": _utc(created_after),
            "created_before": _utc(created_before),
            "session_id": session_id,
            "tags": list(tags) or None,
        }
        body = self._json("GET", "/jobs", params=query)
        rows = body.get("jobs") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            msg = "The list of jobs holds no jobs."
            raise IBMAnswerError(msg, request="GET /jobs")
        records = [record for row in rows if (record := _job_or_none(row)) is not None]
        count = body.get("count")
        return records, count if isinstance(count, int) else offset + len(rows)

    def job_results(self, job_id: str) -> str | None:
        """Return a job's results, still encoded; None where there are none.

        A private job's results can be read once only.
        """
        return self._job_text(f"/jobs/{_part(job_id)}/results")

    def job_interim_results(self, job_id: str, *, start: int = 1) -> str | None:
        """Return the interim results from number `start` on, still encoded."""
        path = f"/jobs/{_part(job_id)}/interim_results"
        return self._job_text(path, params={"from": start - 1} if start > 1 else None)

    def job_logs(self, job_id: str) -> str:
        """Return a job's logs; an empty text where there are none (yet)."""
        try:
            return self._job_text(f"/jobs/{_part(job_id)}/logs") or ""
        except IBMNotFoundError:
            return ""

    def job_metrics(self, job_id: str) -> Metrics:
        """Return a job's timestamps, usage and, where the server knows it, queue position."""
        path = f"/jobs/{_part(job_id)}/metrics"
        return self._record(Metrics.from_json, self._job_json(path), f"GET {path}")

    def job_cancel(self, job_id: str) -> None:
        """Ask for a job to be cancelled.

        Raises
        ------
        IBMConflictError
            If it cannot be cancelled any more.
        """
        self._job("POST", f"/jobs/{_part(job_id)}/cancel")

    def job_update_tags(self, job_id: str, tags: Iterable[str]) -> None:
        """Replace a job's tags: at most 8, of at most 86 characters each."""
        self._job("PUT", f"/jobs/{_part(job_id)}/tags", json={"tags": list(tags)})

    def job_delete(self, job_id: str) -> None:
        """Delete a finished job and its results."""
        self._job("DELETE", f"/jobs/{_part(job_id)}")

    # devices and the instance

    def backends(self) -> list[BackendRecord]:
        """Return the devices with their queues and waits, as of now."""
        body = self._json("GET", "/backends", params={"fields": "wait_time_seconds"})
        rows = body.get("devices") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            msg = "The list of devices holds no devices."
            raise IBMAnswerError(msg, request="GET /backends")
        now = datetime.now(timezone.utc)
        read = BackendRecord.from_json
        return [self._record(lambda r: read(r, as_of=now), row, "GET /backends") for row in rows]

    def backend_configuration(self, name: str) -> dict[str, Any]:
        """Return what a device is: qubits, basis gates, coupling map."""
        return self._object(f"/backends/{_part(name)}/configuration")

    def backend_properties(self, name: str, *, at: datetime | None = None) -> dict[str, Any] | None:
        """Return a device's calibration, now or as it was `at` a time; None if it has none."""
        query = {"updated_before": _utc(at)} if at else None
        try:
            return self._object(f"/backends/{_part(name)}/properties", params=query) or None
        except IBMNotFoundError:
            return None

    def backend_status(self, name: str) -> dict[str, Any]:
        """Return whether a device takes jobs, and its queue."""
        return self._object(f"/backends/{_part(name)}/status")

    def instance_usage(self) -> InstanceUsage:
        """Return the QPU seconds used and allowed in the current period."""
        path = "/instances/usage"
        return self._record(InstanceUsage.from_json, self._json("GET", path), f"GET {path}")

    # the one way out

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

    def _job(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Send a request about one job, and name a 404 as what it is."""
        try:
            return self._send(method, path, **kwargs)
        except IBMNotFoundError as exc:
            raise _job_not_found(exc) from exc

    def _job_json(self, path: str, **kwargs: Any) -> Any:
        try:
            return self._json("GET", path, **kwargs)
        except IBMNotFoundError as exc:
            raise _job_not_found(exc) from exc

    def _job_text(self, path: str, **kwargs: Any) -> str | None:
        answer = self._job("GET", path, **kwargs)
        if answer.status_code == 204 or not answer.content:
            return None
        return answer.content.decode("utf-8", errors="replace")

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


def _part(text: str) -> str:
    return quote(text, safe="")


def _utc(time_: datetime | None) -> str | None:
    if time_ is None:
        return None
    # A time without a zone is the user's own, as upstream's filters take it.
    return time_.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _job_or_none(row: object) -> JobRecord | None:
    try:
        return JobRecord.from_json(row)
    except ValueError:
        return None


def _job_not_found(exc: IBMNotFoundError) -> RuntimeJobNotFound:
    return RuntimeJobNotFound(
        exc.message,
        status_code=404,
        code=exc.code,
        solution=exc.solution,
        trace=exc.trace,
        request=exc.request,
    )


def _reason(exc: BaseException) -> str:
    """Name the innermost cause: "ConnectionRefusedError" says more than urllib3's wrapping."""
    while exc.__cause__ or exc.__context__:
        exc = exc.__cause__ or exc.__context__ or exc
    return type(exc).__name__


def _submission_unknown(status: int | None) -> SubmissionUnknownError:
    return SubmissionUnknownError(
        "The answer to the submission was lost: the job may exist.",
        status_code=status,
        solution="Look for it in service.jobs(limit=5) before you submit again.",
        request="POST /jobs",
    )
