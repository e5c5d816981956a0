"""Session: jobs on one device that follow each other without a new wait in the queue."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from runtime_widgets._watched import Watched
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.errors import (
    IBMError,
    IBMInputValueError,
    IBMNotFoundError,
    RuntimeInvalidStateError,
)
from runtime_widgets.job import RuntimeJob
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.tracker import tracker_of

if TYPE_CHECKING:
    from runtime_widgets.service import QiskitRuntimeService

__all__ = ["Session", "current_session"]

_log = logging.getLogger(__name__)
_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\s*\d{1,9}\s*[dhms])+\s*")
_current: ContextVar[Session | None] = ContextVar("current_session", default=None)


def current_session() -> Session | None:
    """Return the session whose ``with`` block this is, the innermost; None outside of any."""
    return _current.get()


class Session(Watched[SessionState]):
    """A dedicated session: while it is active the device runs its jobs alone.

    As a context manager it is closed at the end of the block, also by an exception: it takes
    no more jobs then, and ends once those that it has are done. The interface is that of
    ``qiskit-ibm-runtime``; :attr:`state` is observable, as a job's is::

        with Session(backend, max_time="25m") as session:
            session.observe(lambda change: print(change.new), "word")
            job = SamplerV2(mode=session).run([circuit])

    The device is held, and counted as used, from the start of the first job until the session
    is closed or rests, so close it: a session that is only forgotten is closed by the service.

    Parameters
    ----------
    backend : RuntimeBackend
        The device.
    max_time : int or str, optional
        Longest time from the start of its first job to its end, in seconds, or a text such
        as ``"2h 30m 40s"``; the service's own by default.
    create_new : bool
        False opens nothing: jobs run as single ones.

    Raises
    ------
    IBMInputValueError
        If `backend` is no device, or `max_time` no time.
    RuntimeInvalidStateError
        If the service object was closed.
    IBMApiError
        If the service refuses it.
    """

    _mode = "dedicated"

    def __init__(
        self,
        backend: Any,
        max_time: int | str | None = None,
        *,
        create_new: bool | None = True,
    ) -> None:
        if not isinstance(backend, RuntimeBackend):
            msg = f"backend is a device, such as service.backend(...), not {backend!r}."
            raise IBMInputValueError(msg)
        seconds = _seconds(max_time)
        service, record = backend.service, None
        if create_new:
            tracker_of(service.client).check_open()
            how: dict[str, Any] = {"mode": self._mode, "max_ttl_s": seconds}
            record = service.client.session_create(backend.name, **how)
        self._begin(service, backend.name, record, backend)

    @classmethod
    def _of(cls, service: QiskitRuntimeService, record: SessionRecord) -> Self:
        """Return a session of which a record was read; nothing is asked."""
        self = cls.__new__(cls)
        self._begin(service, record.backend, record)
        return self

    def _begin(
        self,
        service: QiskitRuntimeService,
        backend_name: str,
        record: SessionRecord | None,
        device: RuntimeBackend | None = None,
    ) -> None:
        self._service = service
        self._backend_name = backend_name
        self._device = device
        self._session_id = record.id if record is not None else None
        self._asked = False  # to close, by this object
        self._outer: list[Session | None] = []  # the sessions of the blocks around this one's
        tracker = tracker_of(service.client)
        session_id = self._session_id or ""
        state = tracker.session_state(session_id) if record is not None else SessionState("")
        self._watch(tracker, state, partial(tracker.follow_session, session_id))
        if record is not None:
            tracker.offer(record)
        else:
            # Nothing is there that could be asked for.
            state.set(now=datetime.now(timezone.utc), gone=True)

    @classmethod
    def from_id(cls, session_id: str, service: QiskitRuntimeService) -> Self:
        """Return a session that exists. Reading it changes nothing.

        Parameters
        ----------
        session_id : str
            Its id, such as a job's ``session_id``.
        service : QiskitRuntimeService
            The service that has it.

        Raises
        ------
        IBMInputValueError
            If there is none, or it is a batch where a session is wanted, or the reverse.
        """
        try:
            record = service.client.session_get(session_id)
        except IBMNotFoundError as exc:
            msg = f"The service has no session {session_id}."
            raise IBMInputValueError(msg) from exc
        if record.mode and record.mode != cls._mode:
            msg = f"{session_id} is not a {cls.__name__.lower()}: its mode is {record.mode}."
            raise IBMInputValueError(msg)
        return cls._of(service, record)

    def __repr__(self) -> str:
        word = self._state.word or ("closed" if self._asked else "not opened")
        if self._asked and word != "closed":
            word += ", asked to close"
        name = f"{type(self).__name__} {self._session_id or ''}".rstrip()
        return f"<{name}: {word}, on {self._backend_name}>"

    @property
    def session_id(self) -> str | None:
        """The id; None if nothing was opened."""
        return self._session_id

    @property
    def service(self) -> QiskitRuntimeService:
        """The service that it belongs to."""
        return self._service

    def device(self) -> RuntimeBackend:
        """Return the device. Asks the server for what it is, the first time after a look-up."""
        if self._device is None:
            self._device = self._service.backend(self._backend_name)
        return self._device

    def backend(self) -> str:
        """Return the name of the device."""
        return self._backend_name

    def run(
        self,
        program_id: str,
        inputs: Mapping[str, Any],
        options: Any = None,
        **more: Any,
    ) -> RuntimeJob:
        """Submit a job to the session; see :meth:`QiskitRuntimeService.run`.

        Raises
        ------
        RuntimeInvalidStateError
            If the session was closed by this object. What the service knows of it, the
            service says.
        """
        if self._asked:
            msg = "The session is closed."
            raise RuntimeInvalidStateError(msg)
        more.setdefault("backend", self._backend_name if self._device is None else self._device)
        return self._service.run(program_id, inputs, options, session_id=self._session_id, **more)

    # what the service says

    def status(self) -> str | None:
        """Return the state as the server says it now, in the words of ``qiskit-ibm-runtime``.

        ``"Pending"``, ``"In progress, accepting new jobs"``, ``"In progress, not accepting
        new jobs"``, ``"Closed"``, or a word that nobody knows as it came.
        """
        record = self._read()
        return None if record is None else record.status

    def usage(self) -> float | None:
        """Return the usage so far in seconds, as the server says it now.

        Of a session it is the time that it was active; of a batch the QPU time of its jobs.
        """
        record = self._read()
        return None if record is None else record.usage_seconds

    def details(self) -> dict[str, Any] | None:
        """Return all that the server says of it now, under the names of ``qiskit-ibm-runtime``.

        Times are UTC in ISO 8601, durations in seconds. As times: ``state.record``.
        """
        record = self._read()
        return None if record is None else _details(record)

    def _read(self) -> SessionRecord | None:
        if self._session_id is None:
            return None
        record = self._service.client.session_get(self._session_id)
        self._tracker.offer(record)
        return record

    # its end

    def close(self) -> None:
        """Take no more jobs; the session ends once those that it has are done.

        Once is enough: a second call does nothing.
        """
        if not self._asked:
            self._end(self._service.client.session_close)

    def cancel(self) -> None:
        """Close it now: its queued jobs are cancelled, a running one may end."""
        self._end(self._service.client.session_cancel)

    def _end(self, how: Any) -> None:
        if self._session_id is not None:
            try:
                how(self._session_id)
            except IBMNotFoundError:
                _log.info("Session %s is closed: the service has none.", self._session_id)
            self._tracker.session_asked(self._session_id)
        self._asked = True

    def __enter__(self) -> Self:
        """Return it; primitives without a mode of their own run in it."""
        self._outer.append(_current.get())
        _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it. If that fails, an error of the block is not hidden by it."""
        _current.set(self._outer.pop())
        try:
            self.close()
        except IBMError as failed:
            if error is None:
                raise
            _log.warning(
                "Session %s could not be closed: %s It is closed by the service when its time "
                "is over.",
                self._session_id,
                failed,
            )


def _seconds(max_time: int | str | None) -> int | None:
    """Read a duration: seconds, or a text such as "2h 30m 40s".

    Raises
    ------
    IBMInputValueError
        If it is none.
    """
    seconds: Any = max_time
    if isinstance(max_time, str) and _DURATION.fullmatch(max_time):
        parts = re.findall(r"(\d+)\s*([dhms])", max_time)
        seconds = sum(int(count) * _SECONDS[unit] for count, unit in parts)
    if seconds is None or (type(seconds) is int and seconds > 0):
        return seconds
    msg = f'max_time is a number of seconds, or a text such as "2h 30m 40s", not {max_time!r}.'
    raise IBMInputValueError(msg)


def _details(record: SessionRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "backend_name": record.backend,
        "interactive_timeout": record.interactive_ttl_s,
        "max_time": record.max_ttl_s,
        "active_timeout": record.active_ttl_s,
        "state": record.word,
        "state_reason": record.reason,
        "accepting_jobs": record.accepting_jobs,
        "last_job_started": _iso(record.last_job_started),
        "last_job_completed": _iso(record.last_job_completed),
        "started_at": _iso(record.started),
        "closed_at": _iso(record.closed),
        "activated_at": _iso(record.activated),
        "mode": record.mode,
        "usage_time": record.usage_seconds,
        "jobs_usage_time": record.jobs_usage_seconds,
        "timestamps": [
            {"status": word, "timestamp": _iso(time)} for word, time in record.timestamps
        ],
    }


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
