"""RuntimeJob: one job of a Runtime service, observable, awaitable, and shown as a card."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from qiskit.providers import Backend, JobStatus, JobV1

from runtime_widgets import _hooks
from runtime_widgets._interim import InterimReader
from runtime_widgets._labels import check_label, keep_label
from runtime_widgets._outcome import raise_unless_done, result_timeout
from runtime_widgets._printable import printable
from runtime_widgets._result_text import ResultText
from runtime_widgets._tags import check_tags
from runtime_widgets._waiting import wait_until_final
from runtime_widgets.base_job import BaseRuntimeJob
from runtime_widgets.client import RuntimeClient
from runtime_widgets.codec import ResultDecoder, decode
from runtime_widgets.errors import (
    IBMConflictError,
    RuntimeInvalidStateError,
    RuntimeJobTimeoutError,
)
from runtime_widgets.job_state import status_of
from runtime_widgets.params import ClientParameters
from runtime_widgets.queue_info import QueueInfo
from runtime_widgets.states import UNKNOWN
from runtime_widgets.tracker import tracker_of
from runtime_widgets.wire import JobRecord, parse_time

if TYPE_CHECKING:
    from runtime_widgets.backend_properties import BackendProperties

__all__ = ["RuntimeJob"]

_log = logging.getLogger(__name__)

Decoder = type[ResultDecoder]
Callback = Callable[[str, Any], None]


class RuntimeJob(JobV1, BaseRuntimeJob):
    """One job of a Runtime service.

    Made by :meth:`QiskitRuntimeService.run` and :meth:`QiskitRuntimeService.job`. As the
    last line of a notebook's cell it shows itself as a live card.

    Methods ask the server; :attr:`state` is what is known already, kept up to date while
    somebody looks (a view, a wait, an observer), and observable::

        job.observe(lambda change: print(change.new), "status")
        result = await job

    Parameters
    ----------
    backend : Backend
        The device that runs it; None to have it looked up.
    api_client : RuntimeClient
        The connection to the server.
    client_params : ClientParameters
        How that connection was made.
    job_id : str
        The id.
    program_id : str
        The program that it runs, such as ``"sampler"``.
    service : QiskitRuntimeService
        The service that it belongs to.
    creation_date : str, optional
        When it was created: ISO 8601, UTC.
    user_callback : callable, optional
        Called with the job's id and each decoded interim result, then with the final one.
    result_decoder : type or pair of types, optional
        Subclass of :class:`ResultDecoder`, or one for interim and one for final results.
    image : str
        Runtime image, ``"name:tag"``.
    session_id : str, optional
        The session that it is part of.
    tags : list of str, optional
        Its tags.
    version : int, optional
        Version of the primitive.
    """

    JOB_FINAL_STATES = BaseRuntimeJob.JOB_FINAL_STATES
    ERROR = BaseRuntimeJob.ERROR
    version = 1

    def __init__(
        self,
        backend: Backend | None,
        api_client: RuntimeClient,
        client_params: ClientParameters,
        job_id: str,
        program_id: str,
        service: Any,
        creation_date: str | None = None,
        user_callback: Callback | None = None,
        result_decoder: Decoder | Sequence[Decoder] | None = None,
        image: str | None = "",
        session_id: str | None = None,
        tags: list[str] | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(backend=backend, job_id=job_id)
        self._backend: Backend | None = backend
        self._api_client = api_client
        self._client_params = client_params
        self._program_id = program_id
        self._service = service
        self._created = parse_time(creation_date)
        self._image = image or ""
        self._session_id = session_id
        self._given_tags = list(tags or [])
        self._interim_decoder, self._final_decoder = _decoders(result_decoder)
        if version is not None:
            self.version = version
        self._watch_job(tracker_of(api_client), job_id)
        self._lock = threading.Lock()
        self._result_text = ResultText(api_client, job_id)
        self._properties: BackendProperties | None = None
        self._reader: InterimReader | None = None
        if user_callback is not None:
            self.stream_results(user_callback)

    def __repr__(self) -> str:
        word, since = _label(self._state.record), self._state.stale_since
        if since is not None and not self._state.is_final:
            word += f", as of {since.astimezone():%H:%M:%S}"
        words = f"<RuntimeJob {self._job_id} {self._program_id} on {self.backend_name}: {word}>"
        return printable(words)

    # what is known, without asking

    @property
    def service(self) -> Any:
        """The service that the job belongs to."""
        return self._service

    @property
    def backend_name(self) -> str:
        """Name of the device, as far as it is known."""
        record = self._state.record
        if record is not None and record.backend:
            return record.backend
        return str(self._backend.name) if self._backend is not None else ""

    @property
    def primitive_id(self) -> str:
        """Name of the primitive that it runs, such as ``"sampler"``."""
        return self._program_id

    @property
    def instance(self) -> str | None:
        """The instance (CRN) that it runs in; None for the channel ``"ibm_cloud"``."""
        if self._client_params.channel == "ibm_cloud":
            return None
        return self._client_params.instance

    def notify(self, to: Any) -> Any:
        """Tell somebody once when the job has ended; see :func:`runtime_widgets.notify`.

        Parameters
        ----------
        to : callable, str, or list of them
            A function, which is called on a thread of its own, or an address of apprise.

        Returns
        -------
        Notification
            Its ``close()`` ends it.
        """
        from runtime_widgets._notify import notify
        from runtime_widgets._senders import unseen

        to = unseen(to)
        return notify(self, to)

    @property
    def label(self) -> str | None:
        """What you call it: its name in all views, and in this machine's history.

        Up to 200 characters; None takes it back. The service knows nothing of it.
        """
        label: str | None = self._state.label
        return label

    @label.setter
    def label(self, label: str | None) -> None:
        keep_label(self._tracker, self._job_id, check_label(label))

    # what the server is asked for

    def status(self) -> JobStatus | str:
        """Ask the server for the status.

        Returns
        -------
        JobStatus or str
            qiskit's member; the server's own word (str) if nobody knows it. A job that has
            ended is not asked for again.

        Raises
        ------
        IBMRuntimeError
            If the server could not be asked.
        """
        known = self._state.record
        ended = self._state.is_final and not self._state.gone
        if known is None or not (ended or known.state.final):
            known = self._refresh()
        return status_of(known)

    def wait_for_final_state(self, timeout: float | None = None) -> None:
        """Block until the job has ended.

        Parameters
        ----------
        timeout : float, optional
            Longest wait in seconds; as long as it takes by default.

        Raises
        ------
        RuntimeJobTimeoutError
            If it has not ended within `timeout`.
        IBMInputValueError
            If `timeout` is no number of seconds, or below zero.
        """
        wait_until_final(self._tracker, self._job_id, timeout)

    def result(self, timeout: float | None = None, decoder: Decoder | None = None) -> Any:
        """Wait for the job, and return its result.

        Parameters
        ----------
        timeout : float, optional
            Longest wait in seconds; as long as it takes by default.
        decoder : type, optional
            Subclass of :class:`ResultDecoder` for this call.

        Returns
        -------
        object
            For the primitives a :class:`qiskit.primitives.PrimitiveResult`.

        Raises
        ------
        RuntimeJobFailureError
            If the job failed.
        RuntimeJobMaxTimeoutError
            If the service ended it because it ran too long; and, as the interface has it,
            if `timeout` is over (that error is a :class:`RuntimeJobTimeoutError` too).
        RuntimeInvalidStateError
            If it was cancelled, or has no result.
        IBMInputValueError
            If `timeout` is no number of seconds, or below zero.
        """
        try:
            self.wait_for_final_state(timeout)
        except RuntimeJobTimeoutError as exc:
            raise result_timeout(str(exc.message)) from None
        raise_unless_done(self._state)
        text = self._result_text.read(private=self.is_private())
        return (decoder or self._final_decoder).decode(text)

    def is_private(self) -> bool:
        """Say whether its result can be read only once; asks the server where that was not told.

        Raises
        ------
        IBMRuntimeError
            If the server had to be asked, and could not be.
        """
        record = self._state.record
        if record is None or record.private is None:
            record = self._refresh()
        return bool(record.private)

    def cancel(self) -> None:
        """Ask the server to cancel the job. Only its own answer makes it cancelled.

        Raises
        ------
        RuntimeInvalidStateError
            If it cannot be cancelled any more.
        IBMRuntimeError
            If the server could not be asked.
        """
        try:
            self._api_client.job_cancel(self._job_id)
        except IBMConflictError as exc:
            self._tracker.look_now()
            msg = f"Job {self._job_id} cannot be cancelled: {exc.message}"
            raise RuntimeInvalidStateError(msg) from exc
        self.cancel_result_streaming()
        self._tracker.cancel_asked(self._job_id)

    def submit(self) -> None:
        """Refuse: jobs are submitted by :meth:`QiskitRuntimeService.run`.

        Raises
        ------
        NotImplementedError
            Always.
        """
        msg = "A RuntimeJob is submitted by QiskitRuntimeService.run()."
        raise NotImplementedError(msg)

    def backend(self, timeout: float | None = None) -> Backend | None:
        """Return the device, looked up where it is not known yet.

        Parameters
        ----------
        timeout : float, optional
            Accepted for the interface's sake; the client's own time limits apply.

        Raises
        ------
        IBMRuntimeError
            If the server could not be asked.
        """
        del timeout
        if self._backend is None and self._service is not None:
            name = self._known().backend
            if name:
                self._backend = self._service.backend(name)
        return self._backend

    def error_message(self) -> str | None:
        """Return why the job failed; None if it did not.

        Asks the server unless the job has ended. Never reads results for it.
        """
        if self.status() != JobStatus.ERROR or self._state.error is None:
            return None
        error = self._state.error
        parts = [error.message]
        if error.code is not None:
            parts.append(f"(code {error.code})")
        if error.solution:
            parts.append(f"What to do: {error.solution}")
        return " ".join(parts)

    def logs(self) -> str:
        """Return what the job logged; complete once it has ended.

        Raises
        ------
        IBMRuntimeError
            If the server could not be asked.
        """
        return self._api_client.job_logs(self._job_id)

    def metrics(self) -> dict[str, Any]:
        """Ask the server for the job's ``timestamps``, ``usage`` and what else it counts.

        Raises
        ------
        IBMRuntimeError
            If the server could not be asked.
        """
        return dict(self._api_client.job_metrics(self._job_id).raw)

    def usage(self) -> float:
        """Return the QPU seconds charged; 0 until the service has begun to count.

        Raises
        ------
        IBMRuntimeError
            If the server could not be asked.
        """
        return self._api_client.job_metrics(self._job_id).usage.seconds or 0.0

    @property
    def usage_estimation(self) -> dict[str, Any]:
        """The server's estimate: ``{"quantum_seconds": seconds}``, or None for the seconds.

        Asks the server while no estimate is known.
        """
        record = self._state.record
        if record is None or record.estimated_seconds is None:
            record = self._refresh()
        return {"quantum_seconds": record.estimated_seconds}

    def queue_info(self) -> QueueInfo | None:
        """Ask the server where the job stands in its queue.

        Returns
        -------
        QueueInfo or None
            None where the job is not queued, or the server does not say (IBM's service
            gives no queue position any more).
        """
        record = self._refresh()
        if record.state.key != "queued":
            return None
        metrics = self._api_client.job_metrics(self._job_id)
        record = record.with_metrics(metrics)
        if record.position is None and record.estimated_start is None:
            return None
        return QueueInfo(
            position=record.position,
            status=record.status,
            estimated_start_time=_local(record.estimated_start),
            estimated_complete_time=_local(record.estimated_end),
            job_id=self._job_id,
        )

    def queue_position(self, refresh: bool = False) -> int | None:
        """Return the place in the queue, 1 is next; None if unknown or not queued.

        Parameters
        ----------
        refresh : bool
            Ask the server; else what is known already is returned.
        """
        if refresh or self._state.record is None:
            info = self.queue_info()
            return info.position if info else None
        position: int | None = self._state.queue_position
        return position

    def properties(self, refresh: bool = False) -> BackendProperties | None:
        """Return the device's calibration as it was when the job ran; None if it has none.

        Parameters
        ----------
        refresh : bool
            Ask the server again; else the answer is kept.
        """
        if self._properties is None or refresh:
            from runtime_widgets.backend_properties import BackendProperties

            record = self._known()
            data = self._api_client.backend_properties(
                record.backend, at=record.started or record.created
            )
            self._properties = BackendProperties.from_dict(data) if data else None
        return self._properties

    @property
    def inputs(self) -> dict[str, Any]:
        """The job's inputs, decoded. Asks the server each time: they can be large."""
        params = self._api_client.job_json(self._job_id).get("params")
        # One option of a type that we do not know must not hide all the others.
        decoded = decode(params, keep_unknown=True) if isinstance(params, Mapping) else {}
        return dict(decoded)

    @property
    def creation_date(self) -> datetime | None:
        """When the job was created, in local time. Asks the server if that is not known."""
        created = self._created or self._known().created
        return _local(created)

    @property
    def image(self) -> str:
        """The runtime image, ``"name:tag"``; empty for the default one."""
        record = self._state.record
        return self._image or (record.image if record else "")

    @property
    def session_id(self) -> str | None:
        """The session that the job is part of, if any."""
        record = self._state.record
        return self._session_id or (record.session_id if record else None)

    @property
    def tags(self) -> list[str]:
        """The job's tags, as far as they are known."""
        record = self._state.record
        return list(record.tags) if record is not None else list(self._given_tags)

    def update_tags(self, new_tags: list[str]) -> list[str]:
        """Replace the job's tags.

        Parameters
        ----------
        new_tags : list of str
            At most 8, of at most 86 characters each.

        Returns
        -------
        list of str
            The tags as the server has them now.

        Raises
        ------
        IBMInputValueError
            If there are too many, or one is too long.
        IBMApiError
            If the server did not take them.
        """
        check_tags(new_tags)
        self._api_client.job_update_tags(self._job_id, new_tags)
        return list(self._refresh().tags)

    # interim results

    def interim_results(self, decoder: Decoder | None = None) -> Any:
        """Return the interim results published so far, decoded.

        Parameters
        ----------
        decoder : type, optional
            Subclass of :class:`ResultDecoder`.

        Returns
        -------
        list
            One decoded value for each; empty where the service has none.
        """
        chosen = decoder or self._interim_decoder
        return InterimReader.read_all(self._api_client, self._job_id, chosen)

    def stream_results(self, callback: Callback, decoder: Decoder | None = None) -> None:
        """Call `callback` with each interim result as it comes, then with the final one.

        Parameters
        ----------
        callback : callable
            Called with the job's id and the decoded value, on a thread of its own; if it
            raises, that is logged, and the next result is delivered all the same.
        decoder : type, optional
            Subclass of :class:`ResultDecoder` for the interim results.

        Raises
        ------
        RuntimeInvalidStateError
            If a callback is being served already.
        """
        with self._lock:
            if self._reader is not None and self._reader.alive:
                msg = "A callback is already streaming the results of this job."
                raise RuntimeInvalidStateError(msg)
            self._reader = InterimReader(self, callback, decoder or self._interim_decoder)
            self._reader.start()

    def cancel_result_streaming(self) -> None:
        """Stop calling the callback. The job itself goes on."""
        reader = self._reader
        if reader is not None:
            reader.stop()

    # how it looks

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        """Return the card's MIME bundle, for the notebook."""
        del include, exclude
        make = _hooks.mimebundles.get("job")
        return make(self) if make else {"text/plain": repr(self)}

    # inside

    def _refresh(self) -> JobRecord:
        """Ask the server, and have the tracker take in what it says."""
        record = self._api_client.job_get(self._job_id)
        self._tracker.offer(record)
        # What was read may be older than an event that overtook it.
        newest = self._state.record
        return record if newest is None or self._state.accepts(record) else newest

    def _known(self) -> JobRecord:
        record = self._state.record
        return record if record is not None else self._refresh()


def _label(record: JobRecord | None) -> str:
    """Say the status as the views do."""
    if record is None:
        return "status not read yet"
    return record.status if record.state is UNKNOWN else record.state.label


def _decoders(given: Decoder | Sequence[Decoder] | None) -> tuple[Decoder, Decoder]:
    if given is None:
        return ResultDecoder, ResultDecoder
    if isinstance(given, Sequence):
        interim, final = given
        return interim, final
    return given, given


def _local(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone()
