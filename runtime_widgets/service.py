"""QiskitRuntimeService: the door to devices and jobs, of IBM or of this machine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from runtime_widgets import _hooks
from runtime_widgets._account_methods import AccountMethods, connect
from runtime_widgets._device_methods import DeviceMethods
from runtime_widgets._history_asked import number_asked
from runtime_widgets._history_notes import note_submission
from runtime_widgets._labels import bring_labels
from runtime_widgets._secrets import hidden
from runtime_widgets._session_methods import SessionMethods
from runtime_widgets._submission import PUBS, payload
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.codec import ResultDecoder, dumps
from runtime_widgets.errors import (
    IBMInputValueError,
    RuntimeJobNotFound,
    SubmissionUnknownError,
)
from runtime_widgets.job import RuntimeJob
from runtime_widgets.options import RuntimeOptions
from runtime_widgets.params import ClientParameters
from runtime_widgets.query import JobQuery
from runtime_widgets.tracker import tracker_of
from runtime_widgets.wire import JobRecord

__all__ = ["QiskitRuntimeService"]

_CLOCKS_AGREE_S = 5.0
"""The service's clock is known to within so much."""


class QiskitRuntimeService(AccountMethods, DeviceMethods, SessionMethods):
    """A Runtime service: IBM's, or the embedded one of this machine.

    Parameters
    ----------
    channel : str, optional
        ``"local"`` for the embedded runtime, which is started if it does not run yet and
        needs no account; ``"ibm_quantum_platform"`` (or ``"ibm_cloud"``) for IBM's.
    token, url, name, filename : str, optional
        The account, as in ``qiskit-ibm-runtime``: given, from the environment, or saved.
    instance : str, optional
        A CRN; an instance's name; or ``"auto"``, as by default: then the account is searched,
        and the cheapest instance is chosen of those that fit. With a CRN nothing is searched.
    proxies : mapping, optional
        As in requests, or ``{"urls": {...}}``.
    verify : bool or str, optional
        As in requests.
    private_endpoint : bool, optional
        Reach IBM's service by its private network.
    url_resolver : callable, optional
        Makes the API's address of url, instance, private_endpoint and channel.
    region, plans_preference, tags : optional
        Which instances fit, where none is given: in that region, with one of those plans
        (the first is preferred), with all of those tags.
    params : ClientParameters, optional
        All of it at once, such as ``LocalRuntime().params()``.
    connect_timeout_s, read_timeout_s : float, optional
        Longest wait for a connection (5 s), and for an answer that makes no progress (30 s).
    retry_for_s : float, optional
        What may pass is tried again for so many seconds in all (60 s). None of them is endless.

    Raises
    ------
    IBMAccountError
        If there is no such channel, account or instance, or no token.
    IBMInputValueError
        If a value cannot be right: a url without its token, an address that is none, a time
        limit that is endless.
    IBMApiError
        If the account had to be searched, and could not be.
    LocalRuntimeError
        If the embedded runtime does not start.
    """

    def __init__(
        self,
        channel: str | None = None,
        token: str | None = None,
        url: str | None = None,
        filename: str | None = None,
        name: str | None = None,
        instance: str | None = None,
        proxies: Mapping[str, Any] | None = None,
        verify: bool | str | None = None,
        private_endpoint: bool | None = None,
        url_resolver: Callable[..., str] | None = None,
        region: str | None = None,
        plans_preference: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        *,
        params: ClientParameters | None = None,
        connect_timeout_s: float | None = None,
        read_timeout_s: float | None = None,
        retry_for_s: float | None = None,
    ) -> None:
        token, proxies = hidden(token), hidden(proxies)
        self._client = connect(
            params=params,
            channel=channel,
            token=token,
            url=url,
            filename=filename,
            name=name,
            instance=instance,
            proxies=proxies,
            verify=verify,
            private_endpoint=private_endpoint,
            url_resolver=url_resolver,
            region=region,
            plans_preference=plans_preference,
            tags=tags,
            limits={
                "connect_timeout_s": connect_timeout_s,
                "read_timeout_s": read_timeout_s,
                "retry_for_s": retry_for_s,
            },
        )
        self._tracker = tracker_of(self._client)
        self._backends: dict[str, RuntimeBackend] = {}
        self._submitted: set[str] = set()

    def __repr__(self) -> str:
        params, closed = self._client.params, ", closed" if self._tracker.closed else ""
        return f"<QiskitRuntimeService {params.channel} {params.url}{closed}>"

    @property
    def channel(self) -> str:
        """The channel."""
        return self._client.params.channel

    @property
    def client(self) -> RuntimeClient:
        """The connection, one method an endpoint."""
        return self._client

    def close(self) -> None:
        """Stop keeping jobs up to date, and close the connections.

        What is known of jobs stays; new jobs, sessions and views want a new service.
        """
        self._tracker.close()
        self._client.close()

    # jobs

    def run(
        self,
        program_id: str,
        inputs: Mapping[str, Any],
        options: RuntimeOptions | Mapping[str, Any] | None = None,
        callback: Callable[[str, Any], None] | None = None,
        result_decoder: type[ResultDecoder] | Sequence[type[ResultDecoder]] | None = None,
        session_id: str | None = None,
        *,
        backend: RuntimeBackend | str | None = None,
        tags: Iterable[str] | None = None,
    ) -> RuntimeJob:
        """Submit a job.

        Parameters
        ----------
        program_id : str
            ``"sampler"``, ``"estimator"``, or another that the service has.
        inputs : mapping
            The program's inputs. For the primitives ``{"pubs": [...], "options": {...}}``,
            each PUB in any form that qiskit's primitives take: a circuit, or a tuple of a
            circuit, (observables,) parameter values, and shots or precision.
        options : RuntimeOptions or mapping, optional
            See :class:`RuntimeOptions`.
        callback : callable, optional
            Called with the job's id and each decoded interim result, then the final one.
        result_decoder : type or pair of types, optional
            Subclass of :class:`ResultDecoder`, or one for interim and one for final results.
        session_id : str, optional
            The session to run in.
        backend, tags : optional
            Short for ``options={"backend": ..., "job_tags": ...}``.

        Raises
        ------
        IBMInputValueError
            If something cannot be right.
        RuntimeInvalidStateError
            If this object was closed.
        IBMApiError
            If the service refuses it.
        SubmissionUnknownError
            If the answer was lost, so that the job may exist.
        """
        short: dict[str, Any] = {} if backend is None else {"backend": backend}
        if tags is not None:
            # A text is no list of tags, although it is one of letters.
            short["job_tags"] = tags if isinstance(tags, str) else list(tags)
        if isinstance(options, RuntimeOptions):
            chosen = replace(options, **short).checked()
        else:
            chosen = RuntimeOptions.of({**(options or {}), **short})
        if not chosen.backend_name:
            msg = "Say on which device: backend=..., such as service.least_busy()."
            raise IBMInputValueError(msg)
        self._tracker.check_open()
        body = payload(program_id, inputs, chosen, session_id)
        job_id = self._submit(body)
        job = RuntimeJob(
            self._backends.get(chosen.backend_name),
            self._client,
            self._client.params,
            job_id,
            program_id,
            self,
            user_callback=callback,
            result_decoder=result_decoder,
            image=chosen.image or "",
            session_id=session_id,
            tags=chosen.job_tags,
            version=2 if program_id in PUBS else None,
        )
        job.tracker.submitted(job_id)
        _hooks.submitted(job)
        return job

    def _submit(self, body: Mapping[str, Any]) -> str:
        """Send a submission; where its answer is lost, say how to look for the job."""
        clock = self._client.clock
        sent_at = clock.monotonic(), clock.wall()
        try:
            job_id = self._client.job_run(dumps(body), idempotency_key=str(uuid.uuid4()))
        except SubmissionUnknownError as exc:
            exc.created_after = self._in_service_time(sent_at)
            exc.looker = partial(self._like, body, sent_at)
            raise
        self._submitted.add(job_id)
        note_submission(self._client, job_id, body)
        return job_id

    def _in_service_time(self, moment: tuple[float, float]) -> datetime:
        """Return a moment of ours, by both clocks, as the service's clock had it: rather early."""
        clock = self._client.clock
        age_s = max(clock.monotonic() - moment[0], clock.wall() - moment[1])
        then = self._client.server_time() - age_s - _CLOCKS_AGREE_S
        return datetime.fromtimestamp(then, timezone.utc)

    def _like(self, body: Mapping[str, Any], sent_at: tuple[float, float]) -> list[RuntimeJob]:
        """Return the jobs that a submission may have become: all but those that are known."""
        # If that was the first request, the service's clock has not been read yet.
        self._client.jobs_get(limit=1)
        session_id, tags = body.get("session_id"), body.get("tags") or []
        found = self.jobs(
            limit=None,
            backend_name=body["backend"],
            program_id=body["program_id"],
            session_id=session_id,
            job_tags=tags,
            created_after=self._in_service_time(sent_at),
        )
        return [
            job
            for job in found
            if job.job_id() not in self._submitted
            # The service's filters let more through: other tags too, and any session.
            and job.session_id in (None, session_id)
            and set(job.tags) <= set(tags)
        ]

    def job(self, job_id: str) -> RuntimeJob:
        """Return a job that was submitted before.

        Raises
        ------
        RuntimeJobNotFound
            If the active instance does not have it; where another one that is known has it,
            the error says so. Looking never changes which one is active.
        """
        try:
            return self._job(self._client.job_get(job_id))
        except RuntimeJobNotFound as exc:
            raise self._not_here(job_id, exc) from None

    def jobs(
        self,
        limit: int | None = 10,
        skip: int = 0,
        backend_name: str | None = None,
        pending: bool | None = None,
        program_id: str | None = None,
        instance: str | None = None,
        job_tags: Sequence[str] | None = None,
        session_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        descending: bool = True,
    ) -> list[RuntimeJob]:
        """Return jobs, newest first, with what the list says of them: one request a 200.

        Parameters
        ----------
        limit : int or None
            At most so many; None for all.
        skip : int
            Leave out so many first.
        backend_name, program_id, session_id : str, optional
            Only those.
        pending : bool, optional
            Only those that have not ended, or have.
        instance : str, optional
            Must be the active one: looking never switches it.
        job_tags : sequence of str, optional
            Only those with all of these tags.
        created_after, created_before : datetime, optional
            Only those; a time without a zone is local.
        descending : bool
            Newest first.

        Raises
        ------
        IBMInputValueError
            If another instance than the active one is named, `limit` or `skip` is no number
            of jobs, or a filter is not what is said above.
        """
        limit = None if limit is None else number_asked("limit", limit, "; None for all")
        skip = number_asked("skip", skip)
        asked = JobQuery(
            pending=pending,
            created_after=created_after,
            created_before=created_before,
            session_id=session_id,
            tags=() if job_tags is None else job_tags,  # type: ignore[arg-type]  # it makes a tuple
            program=program_id,
            backend=backend_name,
        )
        self._check_instance(instance)
        found: list[RuntimeJob] = []
        ids: set[str] = set()
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            records, count = self._client.jobs_get(
                limit=size, offset=skip, descending=descending, **asked.filters
            )
            # Pages may be shorter than was asked for, and jobs move on while they are read.
            new = [record for record in records if record.id not in ids]
            ids |= {record.id for record in new}
            found += [self.known_job(record) for record in new]
            self._tracker.offer(*new)
            skip += len(records)
            if not new or skip >= count:
                break
        bring_labels(self._tracker, ids)
        return found

    def delete_job(self, job_id: str) -> None:
        """Delete a job that has ended, with its results. This cannot be undone.

        Raises
        ------
        IBMApiError
            If the service refuses it.
        """
        self._client.job_delete(job_id)
        self._tracker.job_gone(job_id)

    def _job(self, record: JobRecord) -> RuntimeJob:
        job = self.known_job(record)
        self._tracker.offer(record)
        bring_labels(self._tracker, [record.id])
        return job

    def known_job(self, record: JobRecord) -> RuntimeJob:
        """Return the job of a record that was read before. Nothing is asked, and nothing noted."""
        return RuntimeJob(
            self._backends.get(record.backend),
            self._client,
            self._client.params,
            record.id,
            record.program_id,
            self,
            creation_date=record.created.isoformat() if record.created else None,
            image=record.image,
            session_id=record.session_id,
            tags=list(record.tags),
            version=2 if record.program_id in PUBS else None,
        )
