"""Worker processes of this machine behind the interface of :mod:`.pool`.

Each process has one thread here that starts it, talks to it and sees it end. A warm spare is
kept, so that a job does not wait for the import of qiskit. Checks of submissions have processes
of their own, with limits on memory and time.
"""

from __future__ import annotations

import threading
from typing import Any

from runtime_widgets.server import problems
from runtime_widgets.server.attempt import Attempt
from runtime_widgets.server.pool import Checked, Listener, WorkOrder
from runtime_widgets.server.settings import Settings
from runtime_widgets.server.worker import Exchange, Worker

__all__ = ["LocalPool"]

MAX_CHECKERS = 3
CHECKER_PATIENCE_SECONDS = 0.5


class LocalPool:
    """Runs every attempt in a process; as many at once as there are devices.

    Parameters
    ----------
    settings
        Devices, programs and limits.
    spares
        How many idle processes are kept warm.
    """

    def __init__(self, settings: Settings, spares: int = 1) -> None:
        self._config = settings.for_workers()
        self._limits = settings.limits
        self._spares = spares
        self._lock = threading.Condition()
        self._idle: dict[str, list[Worker]] = {"run": [], "check": []}
        self._jobs: dict[str, Worker] = {}
        self._ahead: dict[str, Attempt] = {}  # by job: what was prepared
        self._checkers = 0
        self._all: set[Worker] = set()
        self._closed = False

    def warm(self) -> None:
        """Start the first processes, before the first job comes."""
        with self._lock:
            self._idle["check"].append(self._new("check"))
            self._checkers += 1
            self._fill()

    # -- the interface ---------------------------------------------------------------------

    def start(self, order: WorkOrder, listener: Listener) -> None:
        """Give an attempt to a warm process, or to a new one, or let a prepared one execute."""
        with self._lock:
            prepared = self._ahead.pop(order.job_id, None)
            if prepared is None or not prepared.turn_comes():
                self._begin(order, listener, ahead=False)

    def prepare(self, order: WorkOrder, listener: Listener) -> None:
        """Have an attempt decoded and prepared in a process of its own, before its turn."""
        with self._lock:
            if order.job_id not in self._jobs:
                self._ahead[order.job_id] = self._begin(order, listener, ahead=True)

    def stop(self, job_id: str) -> None:
        """Kill the process of a job and warm another."""
        with self._lock:
            self._ahead.pop(job_id, None)
            worker = self._jobs.pop(job_id, None)
            if worker is not None:
                worker.kill()
                self._fill()

    def check(self, body: bytes) -> Checked:
        """Have a submission decoded and checked; a checker that dies or hangs refuses it."""
        worker = self._borrow_checker()
        answer = _Answer()
        seconds = self._limits.check_seconds
        worker.give(Exchange({}, body, answer.message, answer.ended, seconds))
        answer.arrived.wait()
        keep = answer.header is not None and not answer.header.get("retire")
        self._return_checker(worker, keep=keep)
        if answer.header is None and self._closed:
            raise _stopping()
        return answer.read(seconds)

    def close(self) -> None:
        """Kill every process and wait for its thread."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
            for worker in workers:
                worker.kill()
            self._lock.notify_all()
        for worker in workers:
            if worker.thread is not threading.current_thread():
                worker.thread.join(timeout=5)

    def pids(self) -> list[int]:
        """Return the process ids, for diagnosis."""
        with self._lock:
            return [worker.pid for worker in self._all if worker.pid is not None]

    # -- steps -----------------------------------------------------------------------------

    def _begin(self, order: WorkOrder, listener: Listener, *, ahead: bool) -> Attempt:
        worker = self._take("run") or self._new("run")
        self._jobs[order.job_id] = worker
        self._fill()
        header = {
            "program": order.program,
            "device": order.device,
            "log_level": order.log_level,
            "ahead": ahead,
        }
        attempt = Attempt(worker, order, listener, self.release, ahead=ahead)
        worker.give(Exchange(header, order.params.encode(), attempt.message, attempt.ended))
        return attempt

    def _new(self, role: str) -> Worker:
        worker = Worker(role, self._config, self._forget)
        self._all.add(worker)
        worker.thread.start()
        return worker

    def _take(self, role: str) -> Worker | None:
        idle = self._idle[role]
        while idle:
            worker = idle.pop()
            if worker.alive():
                return worker
        return None

    def _fill(self) -> None:
        if not self._closed and not any(worker.alive() for worker in self._idle["run"]):
            self._idle["run"] = [self._new("run") for _ in range(self._spares)]

    def _forget(self, worker: Worker) -> None:
        """Called by a worker's thread when its process is gone."""
        with self._lock:
            self._all.discard(worker)
            if worker in self._idle[worker.role]:
                self._idle[worker.role].remove(worker)
                self._checkers -= worker.role == "check"
            self._lock.notify_all()

    def release(self, worker: Worker, job_id: str) -> None:
        """Take a process back after an attempt; spares beyond the wanted number end."""
        with self._lock:
            if self._jobs.get(job_id) is worker:
                del self._jobs[job_id]
            idle = self._idle["run"]
            if self._closed or not worker.alive():
                return
            if len(idle) > self._spares or worker.worn():
                worker.retire()
            else:
                idle.append(worker)

    def _borrow_checker(self) -> Worker:
        with self._lock:
            while not self._closed:
                worker = self._take_checker()
                if worker is not None:
                    return worker
                if self._checkers == 0 or (
                    not self._lock.wait(CHECKER_PATIENCE_SECONDS) and self._checkers < MAX_CHECKERS
                ):
                    self._checkers += 1
                    return self._new("check")
        raise _stopping()

    def _take_checker(self) -> Worker | None:
        idle = self._idle["check"]
        while idle:
            worker = idle.pop()
            if worker.alive():
                return worker
            self._checkers -= 1
        return None

    def _return_checker(self, worker: Worker, *, keep: bool) -> None:
        with self._lock:
            if keep and worker.alive() and not worker.worn():
                self._idle["check"].append(worker)
            else:
                self._checkers -= 1
                worker.kill()
            self._lock.notify()


def _stopping() -> problems.Problem:
    return problems.Problem(503, 50300, "The server is stopping.", "Submit the job again.")


class _Answer:
    """The answer of a checker, or how it was lost."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.header: dict[str, Any] | None = None
        self._blob = b""
        self._lost = ""

    def message(self, header: dict[str, Any], blob: bytes) -> bool:
        """Take the answer."""
        self.header, self._blob = header, blob
        self.arrived.set()
        return True

    def ended(self, how: str) -> None:
        """The process is gone."""
        self._lost = how
        self.arrived.set()

    def read(self, seconds: float) -> Checked:
        """Return what was found, or raise the problem."""
        if self.header is None:
            raise problems.bad_params(
                f"The submission could not be checked within {seconds:g} seconds and the memory "
                f"that is set aside for that: {self._lost}.",
                "Make the circuits or the values smaller.",
            )
        if self.header["kind"] == "problem":
            raise problems.Problem.from_wire(self.header["problem"])
        return Checked(self.header["envelope"], self._blob.decode(), self.header["facts"])
