"""What the service does, without HTTP: submit, list, get, cancel, tag, delete, read.

Every method may be called from any thread. Refusals are raised as
:class:`~runtime_widgets.server.problems.Problem`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from runtime_widgets.server import problems
from runtime_widgets.server.context import Context
from runtime_widgets.server.models import JobSubmission
from runtime_widgets.server.pool import Checked, Pool
from runtime_widgets.server.private import PrivateResults
from runtime_widgets.server.queue import Outlook
from runtime_widgets.server.records import iso, job_json, metrics_json, month_of
from runtime_widgets.server.scheduler import Scheduler
from runtime_widgets.server.session_book import SessionBook
from runtime_widgets.server.sessions import Sessions
from runtime_widgets.server.speeds import Speeds
from runtime_widgets.server.store import ACTIVE, JobFilter, Row
from runtime_widgets.server.tags import checked_tags

__all__ = ["Core"]


class Core:
    """The service.

    Parameters
    ----------
    context
        Settings, store, announcer and clock.
    pool
        Where programs run and submissions are checked.
    """

    def __init__(self, context: Context, pool: Pool) -> None:
        self.context = context
        self.store = context.store
        self._pool = pool
        self._speeds = Speeds(context.store)
        book = SessionBook(context)
        self.scheduler = Scheduler(context, pool, self._speeds, book)
        self.sessions = Sessions(context, self.scheduler, book)
        self.private = PrivateResults(context)

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Take up what an earlier server left behind."""
        with self.context.lock:
            self.scheduler.recover()
            self.sessions.tick()  # first: a session whose time has passed starts no more jobs
            self.scheduler.advance()

    def tick(self) -> None:
        """Do what is due by now."""
        with self.context.lock:
            self.scheduler.tick()
            self.sessions.tick()

    # -- jobs ------------------------------------------------------------------------------

    def submit(self, body: bytes, idempotency_key: str | None = None) -> Row:
        """Check a submission and store it; return its row.

        The same key with the same body gives the job that exists.
        """
        digest = hashlib.sha256(body).hexdigest()
        known = self._known(idempotency_key, digest)
        if known is not None:
            return known
        checked = self._pool.check(body)
        submission = JobSubmission.model_validate(checked.envelope)
        if submission.start_session:
            raise problems.malformed("start_session is not known.", "Open one: POST /sessions.")
        with self.context.lock:
            # Again, under the lock: the same body may have come twice at the same time.
            known = self._known(idempotency_key, digest)
            if known is not None:
                return known
            self._check_usage()
            self.sessions.admit(submission.session_id, submission.backend)
            values = self._values(submission, checked)
            values.update(idempotency_key=idempotency_key, body_sha256=digest)
            self.store.add_job(values, checked.params)
            row = self.job(values["id"])
            self.scheduler.enqueue(row)
            return row

    def job(self, job_id: str) -> Row:
        """Return a job's row, or refuse with 404."""
        row = self.store.job(job_id)
        if row is None:
            raise problems.not_found("job", job_id)
        return row

    def record(self, job_id: str) -> dict[str, Any]:
        """Return a job's record."""
        return self.records([self.job(job_id)])[0]

    def records(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Return the records of rows; the outlook of each device is made once."""
        outlooks: dict[str, dict[str, Outlook]] = {}
        found = []
        with self.context.lock:
            now = self.context.clock()
            for row in rows:
                device = row["backend"]
                if device not in outlooks:
                    outlooks[device] = self.scheduler.outlooks(device)
                queued = row["status"] == "Queued"
                outlook = outlooks[device].get(row["id"]) if queued else None
                standing = (outlook, len(outlooks[device]))
                row = self._estimated(row) if queued else row  # noqa: PLW2901
                found.append(job_json(row, standing, self._expected_end(row), now))
        return found

    def records_of(self, job_ids: list[str]) -> dict[str, dict[str, Any]]:
        """Return the records of the jobs that exist among `job_ids`."""
        with self.context.lock:
            records = self.records(self.store.jobs_by_id(job_ids))
        return {record["id"]: record for record in records}

    def list_jobs(
        self, narrowed: JobFilter, *, limit: int, offset: int, ascending: bool
    ) -> tuple[list[dict[str, Any]], int]:
        """Return one page of records and the count of all."""
        with self.context.lock:  # a page and its outlooks belong to one moment
            rows, count = self.store.list_jobs(
                narrowed, limit=limit, offset=offset, ascending=ascending
            )
            return self.records(rows), count

    def params(self, row: Row) -> str:
        """Return the text of a job's parameters; those of a private job are not shown."""
        return "{}" if row["private"] else self.store.params(row["id"]) or "{}"

    def cancel(self, job_id: str) -> None:
        """Cancel a queued or running job."""
        with self.context.lock:
            row = self.job(job_id)
            if row["status"] not in ACTIVE:
                raise problems.conflict(
                    f"It is {row['status']} already and cannot be cancelled any more."
                )
            self.scheduler.cancel(row)

    def delete(self, job_id: str) -> None:
        """Delete a job that has ended, or not begun."""
        with self.context.lock:
            row = self.job(job_id)
            if row["status"] == "Queued":
                self.scheduler.cancel(row)
            elif row["status"] in ACTIVE:
                raise problems.conflict(f"Job {job_id} is {row['status']}.", "Cancel it first.")
            self.store.delete_job(job_id)
            self.context.hub.publish([job_id])

    def set_tags(self, job_id: str, tags: list[str]) -> None:
        """Replace a job's tags."""
        tags = checked_tags(tags)
        with self.context.lock:
            self.job(job_id)
            self.store.change_job(job_id, tags=tags)
            self.context.hub.publish([job_id])

    def results(self, job_id: str) -> str | None:
        """Return the result text of a completed job, None while there is none.

        That of a private job is lent: `private` is then told whether it arrived.
        """
        row = self.job(job_id)
        if row["status"] != "Completed":
            return None
        return self.private.lend(job_id) if row["private"] else self.store.result(job_id)

    def metrics(self, job_id: str) -> dict[str, Any]:
        """Return a job's metrics."""
        row = self.job(job_id)
        return metrics_json(row, self.records([row])[0])

    def logs(self, job_id: str) -> str:
        """Return a job's logs, or refuse with 404 where there are none yet."""
        row = self.job(job_id)
        text = self.store.logs(job_id)
        if not text and row["status"] in ACTIVE:
            raise problems.not_found("log of job", job_id, "This job has not logged anything yet.")
        return text or ""

    def interim(self, job_id: str, after: int, limit: int | None = None) -> list[Row]:
        """Return the interim results numbered above `after`."""
        self.job(job_id)
        return self.store.interim(job_id, after, limit)

    def usage_seconds(self, since: float) -> float:
        """Return what is billed for the time since then, in seconds.

        That is the usage of the jobs, and of a dedicated session, which has its device alone,
        the time that it was active in place of what its jobs used: as its record tells it.
        """
        return self.store.usage_seconds(since) + self.sessions.dedicated_seconds(since)

    def idle(self) -> bool:
        """Say whether nothing waits or runs."""
        with self.context.lock:
            return not self.scheduler.busy()

    # -- steps -----------------------------------------------------------------------------

    def _known(self, key: str | None, digest: str) -> Row | None:
        row = None if key is None else self.store.job_by_key(key)
        if row is not None and row["body_sha256"] != digest:
            raise problems.conflict(
                "This Idempotency-Key was used before with another body.",
                "Use a new key for a new job.",
            )
        return row

    def _check_usage(self) -> None:
        """Refuse with 409 where the month's usage has reached the limit."""
        limit = self.context.settings.usage_limit_seconds
        if limit is None:
            return
        start, end = month_of(self.context.clock())
        if self.usage_seconds(start) >= limit:
            raise problems.conflict(
                f"The instance has used the {limit:,} seconds that it may use in a month.",
                f"It takes jobs again from {iso(end)} on.",
            )

    def _calibration(self, submission: JobSubmission) -> str | None:
        """Return the calibration that a job asks for; its device has only one."""
        asked = submission.calibration_id
        known = {spec.name: spec.calibration_id for spec in self.context.settings.devices}
        if asked != known.get(submission.backend):
            raise problems.not_found(f"calibration of {submission.backend}", str(asked))
        return asked

    def _values(self, submission: JobSubmission, checked: Checked) -> dict[str, Any]:
        """Return the columns of a new job."""
        work = float(checked.facts.get("work", 0.0))
        if submission.calibration_id is not None:
            checked.facts["calibration_id"] = self._calibration(submission)
        seconds, basis = self._speeds.execution(submission.backend, submission.program_id, work)
        return {
            "id": secrets.token_hex(10),
            "program_id": submission.program_id,
            "backend": submission.backend,
            "status": "Queued",
            # Whole microseconds, as they are shown: a filter by the shown time finds the job.
            "created": round(self.context.clock(), 6),
            "revision": 1,
            "tags": checked_tags(submission.tags or []),
            "session_id": submission.session_id,
            "private": bool(submission.private),
            "cost": submission.cost or self.context.settings.limits.max_execution_seconds,
            "runtime": submission.runtime or "",
            "log_level": submission.log_level or "WARNING",
            "estimate_seconds": seconds,
            "estimate_basis": basis,
            "facts": json.loads(json.dumps(checked.facts)),
        }

    def _estimated(self, row: Row) -> Row:
        """Fill in an estimate that could not be made when the job was submitted."""
        if row["estimate_seconds"] is not None:
            return row
        work = float(row["facts"].get("work", 0.0))
        seconds, basis = self._speeds.execution(row["backend"], row["program_id"], work)
        return {**row, "estimate_seconds": seconds, "estimate_basis": basis}

    def _expected_end(self, row: Row) -> float | None:
        turn = self.scheduler.turns.get(row["backend"])
        if turn is None or turn.job_id != row["id"]:
            return None
        return self.scheduler.expected_end(turn)
