"""RuntimeClient: one method an endpoint, each of which returns a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from runtime_widgets._calls import may_be_done, part, readable, utc
from runtime_widgets._connection import API_VERSION
from runtime_widgets._page_memory import PageMemory
from runtime_widgets._session_calls import SessionCalls
from runtime_widgets.errors import (
    IBMAnswerError,
    IBMApiError,
    IBMConflictError,
    IBMNetworkError,
    IBMNotFoundError,
    IBMServerError,
    RuntimeJobNotFound,
    SubmissionUnknownError,
)
from runtime_widgets.wire import BackendRecord, InstanceUsage, JobRecord, Metrics

if TYPE_CHECKING:
    import requests

__all__ = ["API_VERSION", "RuntimeClient"]


PAGE = 200
"""Most jobs that one list request may ask for."""


class RuntimeClient(SessionCalls):
    """A connection to a Runtime service.

    Safe to use from many threads: after construction the bearer token is renewed, under a
    lock, and where `whereabouts` is given the address and its token are replaced; nothing
    else changes. Requests that may be repeated without harm (GET, PUT,
    DELETE, a cancel, and a submission with an idempotency key) are, four times at most and
    within ``retry_for_s`` of the parameters, with exponential back-off and jitter, honouring
    Retry-After up to 30 s.

    Parameters
    ----------
    params : ClientParameters
        Where to connect, and as whom.
    whereabouts : callable, optional
        Where the service is now: called before each request, and again with ``suspect=True``
        when nobody answers. For the embedded runtime, which ends by itself when it is idle
        and comes back at another address; see :class:`runtime_widgets.local.Whereabouts`.
    """

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
            if not may_be_done(exc):
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
        path = f"/jobs/{part(job_id)}"
        body = self._job_json(path, params={"exclude_params": "true"})
        record = self._record(JobRecord.from_json, body, f"GET {path}")
        # Where a job itself does not say that it is private, it is not: lists leave it out.
        return replace(record, private=bool(record.private))

    def job_json(self, job_id: str, *, inputs: bool = True) -> dict[str, Any]:
        """Return one job as it came, and under ``params`` its inputs, where wanted."""
        body = self._job_json(
            f"/jobs/{part(job_id)}",
            params={"exclude_params": "false" if inputs else "true"},
            verbatim=True,
        )
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
        memory: PageMemory[tuple[list[JobRecord], int]] | None = None,
    ) -> tuple[list[JobRecord], int]:
        """Return one page of ``GET /jobs`` and how many jobs match in all.

        `limit` is at most 200. An item that is no job is left out. With a `memory`, a page that
        came before as it is now is that very list.
        """
        query: dict[str, Any] = {
            "limit": limit,
            "offset": offset,
            "sort": "DESC" if descending else "ASC",
            "exclude_params": "true",
            "pending": None if pending is None else str(pending).lower(),
            "program": program,
            "backend": backend,
            "created_after": utc(created_after),
            "created_before": utc(created_before),
            "session_id": session_id,
            "tags": tuple(tags) or None,
        }
        answer = self._send("GET", "/jobs", params=query)
        if memory is None:
            return self._page(answer, query)
        return memory.read(tuple(query.values()), answer.content, lambda: self._page(answer, query))

    def _page(
        self, answer: requests.Response, query: Mapping[str, Any]
    ) -> tuple[list[JobRecord], int]:
        body = self._body(answer, "GET /jobs")
        rows = body.get("jobs") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            msg = "The list of jobs holds no jobs."
            raise IBMAnswerError(msg, request="GET /jobs")
        records = readable(JobRecord.from_json, rows)
        count = body.get("count")
        if not isinstance(count, int):
            # There may be more behind a full page, of a service that does not count.
            count = query["offset"] + len(rows) + (len(rows) >= query["limit"])
        return records, count

    def job_results(self, job_id: str) -> str | None:
        """Return a job's results, still encoded; None where there are none.

        A private job's results can be read once only.

        Raises
        ------
        IBMAnswerError
            If they were on their way when the connection broke, and are not there any more.
        """
        path = f"/jobs/{part(job_id)}/results"
        try:
            answer, repeated = self._send_telling("GET", path)
        except IBMNotFoundError as exc:
            raise _job_not_found(exc) from exc
        text = _text(answer)
        if text is None and repeated:
            msg = (
                "The connection broke while the result was on its way, and the service has none "
                "any more: a private job's can be read once only."
            )
            raise IBMAnswerError(msg, status_code=answer.status_code, request=f"GET {path}")
        return text

    def job_interim_results(self, job_id: str, *, start: int = 1) -> str | None:
        """Return the interim results from number `start` on, still encoded."""
        path = f"/jobs/{part(job_id)}/interim_results"
        return self._job_text(path, params={"from": start - 1} if start > 1 else None)

    def job_logs(self, job_id: str) -> str:
        """Return a job's logs; an empty text where there are none (yet)."""
        try:
            return self._job_text(f"/jobs/{part(job_id)}/logs") or ""
        except IBMNotFoundError:
            return ""

    def job_metrics(self, job_id: str) -> Metrics:
        """Return a job's timestamps, usage and, where the server knows it, queue position."""
        path = f"/jobs/{part(job_id)}/metrics"
        return self._record(Metrics.from_json, self._job_json(path), f"GET {path}")

    def job_cancel(self, job_id: str) -> None:
        """Ask for a job to be cancelled.

        Raises
        ------
        IBMConflictError
            If it cannot be cancelled any more.
        """
        try:
            # Twice cancelled is cancelled: a lost answer must leave nobody in doubt.
            self._job("POST", f"/jobs/{part(job_id)}/cancel", retry=True)
        except IBMConflictError as exc:
            if not exc.repeated or self.job_get(job_id).state.key != "cancelled":
                raise

    def job_update_tags(self, job_id: str, tags: Iterable[str]) -> None:
        """Replace a job's tags: at most 8, of at most 86 characters each."""
        self._job("PUT", f"/jobs/{part(job_id)}/tags", json={"tags": list(tags)})

    def job_delete(self, job_id: str) -> None:
        """Delete a finished job and its results."""
        try:
            self._job("DELETE", f"/jobs/{part(job_id)}")
        except RuntimeJobNotFound as exc:
            # The first of two requests has deleted it, and its answer was lost.
            if not exc.repeated:
                raise

    # devices and the instance

    def backends(self) -> list[BackendRecord]:
        """Return the devices with their queues and waits, as of now."""
        try:
            body = self._json("GET", "/backends", params={"fields": "wait_time_seconds"})
        except IBMApiError as exc:
            if exc.status_code not in (400, 422):
                raise
            # A service that does not know these waits has its devices all the same.
            body = self._json("GET", "/backends")
        rows = body.get("devices") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            msg = "The list of devices holds no devices."
            raise IBMAnswerError(msg, request="GET /backends")
        now = datetime.now(timezone.utc)
        return readable(partial(BackendRecord.from_json, as_of=now), rows)

    def backend_configuration(self, name: str) -> dict[str, Any]:
        """Return what a device is: qubits, basis gates, coupling map."""
        return self._object(f"/backends/{part(name)}/configuration")

    def backend_properties(self, name: str, *, at: datetime | None = None) -> dict[str, Any] | None:
        """Return a device's calibration, now or as it was `at` a time; None if it has none."""
        query = {"updated_before": utc(at)} if at else None
        try:
            return self._object(f"/backends/{part(name)}/properties", params=query) or None
        except IBMNotFoundError:
            return None

    def backend_status(self, name: str) -> dict[str, Any]:
        """Return whether a device takes jobs, and its queue."""
        return self._object(f"/backends/{part(name)}/status")

    def instance_usage(self) -> InstanceUsage:
        """Return the QPU seconds used and allowed in the current period."""
        path = "/instances/usage"
        return self._record(InstanceUsage.from_json, self._json("GET", path), f"GET {path}")

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
        return _text(self._job("GET", path, **kwargs))


def _text(answer: requests.Response) -> str | None:
    if answer.status_code == 204 or not answer.content:
        return None
    return answer.content.decode("utf-8", errors="replace")


def _job_not_found(exc: IBMNotFoundError) -> RuntimeJobNotFound:
    error = RuntimeJobNotFound(
        exc.message,
        status_code=404,
        code=exc.code,
        solution=exc.solution,
        more_info=exc.more_info,
        trace=exc.trace,
        request=exc.request,
    )
    error.repeated = exc.repeated
    return error


def _submission_unknown(status: int | None) -> SubmissionUnknownError:
    return SubmissionUnknownError(
        "The answer to the submission was lost: the job may exist.",
        status_code=status,
        solution=(
            "Look for it before you submit again: this error's look(), or service.jobs(limit=5)."
        ),
        request="POST /jobs",
    )
