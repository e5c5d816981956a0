"""Whose turn it is: from Queued through Running to the end, and again after a crash.

The scheduler is told what happens (a submission, a report of the pool, a tick of the clock),
writes it to the store, announces it and gives the device to the next job. All under the
context's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime_widgets.server import turns
from runtime_widgets.server.context import Context
from runtime_widgets.server.foresight import Foresight
from runtime_widgets.server.pool import Pool, WorkOrder
from runtime_widgets.server.queue import DeviceQueues, Outlook, Ticket, forecast
from runtime_widgets.server.session_book import SessionBook
from runtime_widgets.server.speeds import Speeds
from runtime_widgets.server.store import Row
from runtime_widgets.server.turns import Turn

__all__ = ["Scheduler"]


class Scheduler:
    """Queues, turns, and the reports of the pool (it is the pool's listener)."""

    def __init__(self, context: Context, pool: Pool, speeds: Speeds, book: SessionBook) -> None:
        self._context = context
        self._book = book
        self._store = context.store
        self._pool = pool
        self._speeds = speeds
        self._foresight = Foresight(speeds, context.clock)
        self._limits = context.settings.limits
        self.devices = tuple(spec.name for spec in context.settings.devices)
        self.queues = DeviceQueues(self.devices)
        self.turns: dict[str, Turn] = {}
        self._expected: dict[str, Row] = {}  # the rows of the waiting jobs
        self._ahead: dict[str, str] = {}  # the waiting job of each device that is prepared

    # -- from outside ----------------------------------------------------------------------

    def recover(self) -> None:
        """Take up what an earlier server on this data left behind; nothing is started yet."""
        with self._context.lock:
            for row in self._store.active_jobs():
                if row["outcome"] is not None:
                    self._end_unrun(row, row["outcome"])
                elif row["status"] == "Queued":
                    self._wait(row)
                else:
                    self._take_up(row)

    def advance(self, device: str | None = None) -> None:
        """Start what may start: on a device, or on all."""
        for one in self.devices if device is None else (device,):
            self._start_next(one)
            self._context.hub.publish([], moved=self.waiting(one))

    def enqueue(self, row: Row) -> None:
        """Let a stored job wait, and start it if its device is free."""
        self._wait(row)
        self._context.hub.publish([row["id"]])
        self._start_next(row["backend"])
        self._prepare_next(row["backend"])

    def cancel(self, row: Row, reason: str | None = None, code: int | None = None) -> None:
        """End a queued or running job as Cancelled."""
        turn = self.turns.get(row["backend"])
        if turn is not None and turn.job_id == row["id"]:
            self._pool.stop(turn.job_id)
            seconds = turn.seconds_so_far(self._context.clock())
            outcome = {"status": "Cancelled", "reason": reason, "reason_code": code}
            self._finish(turn, {**outcome, "usage_seconds": seconds})
            return
        self.cancel_waiting([row], reason, code)

    def cancel_waiting(
        self, rows: Sequence[Row], reason: str | None = None, code: int | None = None
    ) -> None:
        """End jobs that wait for one device as Cancelled, and say once who moved by that."""
        if not rows:
            return
        device = rows[0]["backend"]
        values = self._final_values(
            {"status": "Cancelled", "reason": reason, "reason_code": code, "usage_seconds": 0.0}
        )
        for job_id in (row["id"] for row in rows):
            self.queues.remove(job_id, device)
            self._expected.pop(job_id, None)
            if self._ahead.get(device) == job_id:
                del self._ahead[device]
                self._pool.stop(job_id)
            self._store.change_job(job_id, **values)
        self._prepare_next(device)
        self._context.hub.publish([row["id"] for row in rows], moved=self.waiting(device))

    def tick(self) -> None:
        """End the jobs whose time has come."""
        with self._context.lock:
            now = self._context.clock()
            for turn in list(self.turns.values()):
                turn.not_later_than(now)
                if turn.outcome is not None and now >= self._visible_until(turn):
                    self._finish(turn, turn.outcome)
                elif turn.outcome is None and now >= turn.deadline:
                    self._too_long(turn)

    def release(self) -> None:
        """Before a clean stop: put running jobs back, so that the next start runs them first."""
        with self._context.lock:
            for turn in list(self.turns.values()):
                self._pool.stop(turn.job_id)
                if turn.outcome is None:
                    # A clean stop is not the job's fault: this attempt does not count.
                    self._put_back(turn.job_id, turn.attempt - 1)
            self.turns.clear()
            for job_id in self._ahead.values():
                self._pool.stop(job_id)
            self._ahead.clear()
            self._book.release(self._context.clock())

    def busy(self) -> bool:
        """Say whether any job waits or runs."""
        return bool(self.turns) or self.queues.total() > 0

    def waiting(self, device: str) -> list[str]:
        """Return the ids of the jobs that wait for a device, the next one first."""
        tickets = self.queues.waiting(device, self._book.hold(device))
        return [ticket.job_id for ticket in tickets]

    def has_jobs(self, session_id: str, device: str) -> bool:
        """Say whether a job of a session waits or runs."""
        turn = self.turns.get(device)
        runs = turn is not None and turn.session_id == session_id
        return runs or self.queues.has_session(session_id)

    def running_seconds(self, session_id: str, device: str) -> float:
        """Return the usage so far of a session's running job, which no sum holds yet."""
        turn = self.turns.get(device)
        if turn is None or turn.session_id != session_id or turn.outcome is not None:
            return 0.0
        return turn.seconds_so_far(self._context.clock())

    def executing_jobs(self) -> list[str]:
        """Return the jobs whose usage grows by now."""
        turns = list(self.turns.values())  # in one step: no lock is needed
        return [turn.job_id for turn in turns if turn.executing is not None and not turn.outcome]

    def outlooks(self, device: str) -> dict[str, Outlook]:
        """Return where the waiting jobs of a device stand."""
        with self._context.lock:
            free_at = self._foresight.free_at(self.turns.get(device))
            if device not in self.devices:
                free_at = None  # its jobs wait until a server offers it again
            hold = self._book.hold(device)
            waiting = self.queues.waiting(device, hold)
            return forecast(
                waiting, self._seconds_of, free_at, hold=hold, takes_jobs=self._book.takes_jobs
            )

    def expected_end(self, turn: Turn) -> float | None:
        """Return when a running job is expected to end; None where nobody knows."""
        return self._foresight.expected_end(turn)

    # -- reports of the pool (on its threads) -------------------------------------------------

    def executing(self, job_id: str, attempt: int) -> None:
        """Count usage from now on."""
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is not None:
                turn.executing = self._context.clock()
                self._store.change_job(job_id, executing=turn.executing)
                self._context.hub.publish([job_id])

    def interim(self, job_id: str, attempt: int, payload: str) -> None:
        """Number an interim result and store it."""
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is not None and not turn.private:  # results of these are read once
                turn.interim_count += 1
                number = f'"seq": {turn.interim_count}, "attempt": {attempt}'
                text = f'{{{number}, "payload": {payload}}}'
                self._store.add_interim(job_id, turn.interim_count, text)
                self._context.hub.publish([job_id])

    def log(self, job_id: str, attempt: int, text: str) -> None:
        """Keep logs, up to a limit."""
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is None or turn.log_bytes > self._limits.max_log_bytes:
                return
            turn.log_bytes += len(text)
            if turn.log_bytes > self._limits.max_log_bytes:
                text = "... the rest of this job's logs was not kept: they are too long\n"
            self._store.add_log(job_id, text)

    def done(self, job_id: str, attempt: int, result: str, seconds: float) -> None:
        """Store the result and the end of the job in one commit."""
        outcome = {"status": "Completed", "usage_seconds": seconds}
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is not None:
                self._speeds.learn(turn.device, turn.program, "execution", turn.work, seconds)
                self._conclude(turn, outcome, result)

    def failed(self, job_id: str, attempt: int, reason: dict[str, Any], seconds: float) -> None:
        """Store why the program raised."""
        outcome = {
            "status": "Failed",
            "reason": reason.get("message"),
            "reason_code": reason.get("code"),
            "reason_solution": reason.get("solution"),
            "usage_seconds": seconds,
        }
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is not None:
                self._conclude(turn, outcome)

    def died(self, job_id: str, attempt: int, how: str) -> None:
        """Fail the job whose process is gone."""
        with self._context.lock:
            turn = self._turn(job_id, attempt)
            if turn is not None:
                outcome = turns.died(turn, how, self._context.clock())
                self._store.add_log(job_id, f"{outcome['reason']}\n")
                self._conclude(turn, outcome)

    # -- steps, under the lock ----------------------------------------------------------------

    def _turn(self, job_id: str, attempt: int) -> Turn | None:
        """Return the turn that a report is about, or None if the report came too late."""
        for turn in self.turns.values():
            if turn.job_id == job_id and turn.attempt == attempt and turn.outcome is None:
                return turn
        return None

    def _wait(self, row: Row) -> None:
        ticket = Ticket(row["id"], row["backend"], row["number"], row["session_id"])
        self._expected[row["id"]] = row
        self.queues.push(ticket)

    def _start_next(self, device: str) -> None:
        ticket = self.queues.head(device, self._book.hold(device))
        if device in self.turns or ticket is None or device not in self.devices:
            return
        self.queues.remove(ticket.job_id, device)
        self._expected.pop(ticket.job_id, None)
        row = self._store.job(ticket.job_id)
        params = self._store.params(ticket.job_id)
        if row is None or params is None:  # deleted by hand in the database
            self._start_next(device)
            return
        now = self._context.clock()
        prepared = self._ahead.get(device) == ticket.job_id
        if prepared:
            del self._ahead[device]
        turn = Turn.of(row, now, prepared=prepared)
        self.turns[device] = turn
        changed: dict[str, Any] = {
            "status": "Running", "running": now, "attempts": turn.attempt,
        }  # fmt: skip
        session = self._book.started(turn.session_id, now)
        self._store.change_job(turn.job_id, session=session, **changed)
        if session is not None:
            self._book.stored(session)
        if turn.attempt > 1:
            self._store.add_log(turn.job_id, turns.run_again(turn))
        self._pool.start(_order(row, params), self)
        self._context.hub.publish([turn.job_id], moved=self.waiting(device))
        self._prepare_next(device)

    def _prepare_next(self, device: str) -> None:
        """In a batch, have the next job prepared while another has the device."""
        ticket = self.queues.head(device, self._book.hold(device))
        if ticket is None or device in self._ahead or device not in self.turns:
            return
        if not self._book.is_batch(ticket.session_id):
            return
        row, params = self._store.job(ticket.job_id), self._store.params(ticket.job_id)
        if row is not None and params is not None:
            self._ahead[device] = ticket.job_id
            self._pool.prepare(_order(row, params), self)

    def _conclude(self, turn: Turn, outcome: dict[str, Any], result: str | None = None) -> None:
        """Commit how the job ended; it stays Running for the rest of its shortest time."""
        turn.outcome = outcome
        if self._context.clock() >= self._visible_until(turn):
            self._finish(turn, outcome, result)
        else:
            usage = outcome["usage_seconds"]
            self._store.change_job(turn.job_id, result=result, outcome=outcome, usage_seconds=usage)

    def _finish(self, turn: Turn, outcome: dict[str, Any], result: str | None = None) -> None:
        now = self._context.clock()
        del self.turns[turn.device]
        values = self._final_values(outcome)
        session = self._book.completed(turn.session_id, now)
        self._store.change_job(turn.job_id, result=result, session=session, **values)
        if session is not None:
            self._book.stored(session)
        if outcome["status"] == "Completed" and not turn.prepared:
            # One that was prepared before its turn says little of the turns of others.
            seconds = max(0.0, now - turn.running)
            self._speeds.learn(turn.device, turn.program, "occupied", turn.work, seconds)
        self._context.hub.publish([turn.job_id])
        self._start_next(turn.device)

    def _final_values(self, outcome: dict[str, Any]) -> dict[str, Any]:
        return {
            "status": outcome["status"],
            "reason": outcome.get("reason"),
            "reason_code": outcome.get("reason_code"),
            "reason_solution": outcome.get("reason_solution"),
            "usage_seconds": outcome.get("usage_seconds", 0.0),
            "ended": self._context.clock(),
            "outcome": None,
        }

    def _too_long(self, turn: Turn) -> None:
        self._pool.stop(turn.job_id)
        outcome = turns.too_long(turn, self._context.clock())
        self._store.add_log(turn.job_id, f"{outcome['reason']}\n")
        self._finish(turn, outcome)

    def _take_up(self, row: Row) -> None:
        """Queue a job again that was running when its server died, or give it up."""
        # Killed before the program began: that attempt says nothing about the job.
        attempts = row["attempts"] - (row["executing"] is None)
        if attempts >= self._limits.max_attempts:
            self._end_unrun(row, turns.given_up(row))
            return
        self._put_back(row["id"], attempts)
        self._wait(row)

    def _put_back(self, job_id: str, attempts: int) -> None:
        self._store.restart_job(
            job_id, status="Queued", running=None, executing=None, attempts=attempts
        )

    def _end_unrun(self, row: Row, outcome: dict[str, Any]) -> None:
        """End a job whose turn was lost with an earlier server."""
        session = self._book.completed(row["session_id"], self._context.clock())
        self._store.change_job(row["id"], session=session, **self._final_values(outcome))
        if session is not None:
            self._book.stored(session)

    def _visible_until(self, turn: Turn) -> float:
        return turn.running + self._context.settings.shortest_seconds(turn.device)

    def _seconds_of(self, job_id: str) -> float | None:
        return self._foresight.seconds_of(self._expected.get(job_id))


def _order(row: Row, params: str) -> WorkOrder:
    """Return what is told to a worker of the next attempt of a waiting job."""
    attempt, log_level = row["attempts"] + 1, row["log_level"]
    return WorkOrder(row["id"], attempt, row["program_id"], row["backend"], params, log_level)
