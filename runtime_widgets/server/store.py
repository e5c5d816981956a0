"""Jobs, sessions and results in a database, by SQLAlchemy Core.

One class, one method a statement; no rule lives here. Writes are made by the core under its
lock, so there is one writer; reads may come from any thread (SQLite's WAL lets them pass).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import make_url

from runtime_widgets.server import tables as t
from runtime_widgets.server.migrations import migrate

__all__ = ["ACTIVE", "JobFilter", "Row", "SessionFilter", "Store"]

Row = Mapping[str, Any]
ACTIVE = ("Queued", "Running")


@dataclass(frozen=True)
class JobFilter:
    """What a list of jobs is narrowed to; None means everything. Times are epoch seconds."""

    pending: bool | None = None
    program: str | None = None
    backend: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    tags: tuple[str, ...] = ()
    session_id: str | None = None
    except_backends: tuple[str, ...] = ()

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Add this filter to a query on jobs."""
        columns = t.jobs.c
        if self.pending is not None:
            active = columns.status.in_(ACTIVE)
            query = query.where(active if self.pending else ~active)
        for column, value in (
            (columns.program_id, self.program),
            (columns.backend, self.backend),
            (columns.session_id, self.session_id),
        ):
            if value is not None:
                query = query.where(column == value)
        if self.except_backends:
            query = query.where(columns.backend.not_in(self.except_backends))
        if self.created_after is not None:
            query = query.where(columns.created >= self.created_after)
        if self.created_before is not None:
            query = query.where(columns.created <= self.created_before)
        for tag in self.tags:
            tagged = select(t.job_tags.c.job_id).where(t.job_tags.c.tag == tag)
            query = query.where(columns.id.in_(tagged))
        return query


@dataclass(frozen=True)
class SessionFilter:
    """What a list of sessions is narrowed to; None means everything. Times are epoch seconds.

    `mode` is ``dedicated`` or ``batch``; `closed` says whether only closed ones, or only
    others; `text` is a part of the id.
    """

    mode: str | None = None
    backend: str | None = None
    closed: bool | None = None
    created_after: float | None = None
    created_before: float | None = None
    text: str | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Add this filter to a query on sessions."""
        columns = t.sessions.c
        for column, value in ((columns.mode, self.mode), (columns.backend, self.backend)):
            if value is not None:
                query = query.where(column == value)
        if self.closed is not None:
            ended = columns.state == "closed"
            query = query.where(ended if self.closed else ~ended)
        if self.created_after is not None:
            query = query.where(columns.created >= self.created_after)
        if self.created_before is not None:
            query = query.where(columns.created <= self.created_before)
        if self.text is not None:
            query = query.where(columns.id.contains(self.text, autoescape=True))
        return query


def _engine(url: str) -> Engine:
    """Open the database; for SQLite with a write-ahead log, which survives a kill -9."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # SQLite gives its log the permissions of its database
    engine = create_engine(parsed, connect_args={"timeout": 10.0, "check_same_thread": False})

    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", configure)
    return engine


class Store:
    """The database of one server.

    Parameters
    ----------
    url
        SQLAlchemy URL, for example ``sqlite:////path/to/runtime.sqlite3``.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self.applied = migrate(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    # -- jobs --------------------------------------------------------------------------

    def add_job(self, values: Mapping[str, Any], params: str) -> None:
        """Insert a job with its parameters and tags, all or nothing."""
        with self._engine.begin() as connection:
            connection.execute(insert(t.jobs).values(**values))
            connection.execute(insert(t.job_params).values(job_id=values["id"], text=params))
            _write_tags(connection, values["id"], values["tags"])

    def change_job(
        self, job_id: str, *, result: str | None = None, session: Row | None = None, **values: Any
    ) -> None:
        """Change a job, with its result and its session if given, in one transaction.

        Every call is one stored change: the revision grows by one.
        """
        statement = update(t.jobs).where(t.jobs.c.id == job_id)
        with self._engine.begin() as connection:
            if result is not None:
                connection.execute(delete(t.job_results).where(t.job_results.c.job_id == job_id))
                connection.execute(insert(t.job_results).values(job_id=job_id, text=result))
            if "tags" in values:
                connection.execute(delete(t.job_tags).where(t.job_tags.c.job_id == job_id))
                _write_tags(connection, job_id, values["tags"])
            if session is not None:
                _write_session(connection, session)
            grown = {**values, "revision": t.jobs.c.revision + 1}
            connection.execute(statement.values(**grown))

    def restart_job(self, job_id: str, **values: Any) -> None:
        """Put a job back, without the interim results of the attempt that was lost."""
        with self._engine.begin() as connection:
            for table in (t.job_interim, t.job_results):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            lost = {"interim_lost": t.jobs.c.interim_count}
            grown = {**values, **lost, "revision": t.jobs.c.revision + 1}
            connection.execute(update(t.jobs).where(t.jobs.c.id == job_id).values(**grown))

    def delete_job(self, job_id: str) -> None:
        """Delete a job and all that belongs to it."""
        with self._engine.begin() as connection:
            for table in (t.job_params, t.job_results, t.job_tags, t.job_logs, t.job_interim):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            connection.execute(delete(t.jobs).where(t.jobs.c.id == job_id))

    def job(self, job_id: str) -> Row | None:
        """Return one job, or None."""
        found = self._rows(select(t.jobs).where(t.jobs.c.id == job_id))
        return found[0] if found else None

    def jobs_by_id(self, job_ids: Sequence[str]) -> list[Row]:
        """Return the jobs that exist among `job_ids`, in order of submission."""
        found: list[Row] = []
        for start in range(0, len(job_ids), 500):
            some = t.jobs.c.id.in_(job_ids[start : start + 500])
            found += self._rows(select(t.jobs).where(some).order_by(t.jobs.c.number))
        return found

    def job_by_key(self, idempotency_key: str) -> Row | None:
        """Return the job that was submitted with this key, or None."""
        found = self._rows(select(t.jobs).where(t.jobs.c.idempotency_key == idempotency_key))
        return found[0] if found else None

    def active_jobs(self) -> list[Row]:
        """Return queued and running jobs in order of submission."""
        query = select(t.jobs).where(t.jobs.c.status.in_(ACTIVE))
        return self._rows(query.order_by(t.jobs.c.number))

    def list_jobs(
        self, narrowed: JobFilter, *, limit: int | None, offset: int, ascending: bool
    ) -> tuple[list[Row], int]:
        """Return one page of jobs and how many there are on all pages."""
        order = t.jobs.c.number.asc() if ascending else t.jobs.c.number.desc()
        page = narrowed.apply(select(t.jobs)).order_by(order).limit(limit).offset(offset)
        count = narrowed.apply(select(func.count()).select_from(t.jobs))
        with self._engine.connect() as connection:
            rows: list[Row] = [dict(row) for row in connection.execute(page).mappings()]
            return rows, int(connection.execute(count).scalar_one())

    def usage_seconds(self, since: float) -> float:
        """Return the usage of all jobs created since a time, in seconds.

        Those in dedicated sessions are left out: such a session's own time stands for them.
        """
        jobs, sessions = t.jobs.c, t.sessions.c
        dedicated = select(sessions.id).where(sessions.mode != "batch")
        alone = or_(jobs.session_id.is_(None), jobs.session_id.not_in(dedicated))
        total = select(func.sum(jobs.usage_seconds)).where(jobs.created >= since, alone)
        with self._engine.connect() as connection:
            return float(connection.execute(total).scalar() or 0.0)

    def waits_seconds(self, backend: str, last: int) -> list[float]:
        """Return how long the jobs that a device took last had waited, in seconds."""
        columns = t.jobs.c
        query = select(columns.created, columns.running).where(
            columns.backend == backend, columns.running.is_not(None)
        )
        rows = self._rows(query.order_by(columns.number.desc()).limit(last))
        return [row["running"] - row["created"] for row in rows]

    # -- big texts -----------------------------------------------------------------------

    def params(self, job_id: str) -> str | None:
        """Return the parameters as they were submitted."""
        return self._text(t.job_params, job_id)

    def result(self, job_id: str) -> str | None:
        """Return the result text, or None."""
        return self._text(t.job_results, job_id)

    def drop_result(self, job_id: str) -> None:
        """Delete the result of a private job that was read, with all else that shows it."""
        with self._engine.begin() as connection:
            for table in (t.job_results, t.job_interim, t.job_params):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            grown = {"results_read": True, "revision": t.jobs.c.revision + 1}
            connection.execute(update(t.jobs).where(t.jobs.c.id == job_id).values(**grown))

    def add_log(self, job_id: str, text: str) -> None:
        """Append to a job's logs."""
        self._append(t.job_logs, job_id, text)

    def logs(self, job_id: str) -> str:
        """Return a job's logs, empty if there are none."""
        return "".join(row["text"] for row in self._lines(t.job_logs, job_id, 0))

    def add_interim(self, job_id: str, seq: int, text: str) -> None:
        """Store one interim result under its number, and the count with it."""
        with self._engine.begin() as connection:
            connection.execute(insert(t.job_interim).values(job_id=job_id, seq=seq, text=text))
            grown = {"interim_count": seq, "revision": t.jobs.c.revision + 1}
            connection.execute(update(t.jobs).where(t.jobs.c.id == job_id).values(**grown))

    def interim(self, job_id: str, after: int, limit: int | None = None) -> list[Row]:
        """Return the interim results with a number greater than `after`, in order."""
        return self._lines(t.job_interim, job_id, after, limit)

    # -- sessions and measurements ---------------------------------------------------------

    def put_session(self, values: Row) -> None:
        """Insert or replace a session."""
        with self._engine.begin() as connection:
            _write_session(connection, values)

    def session(self, session_id: str) -> Row | None:
        """Return one session, or None."""
        found = self._rows(select(t.sessions).where(t.sessions.c.id == session_id))
        return found[0] if found else None

    def list_sessions(
        self, narrowed: SessionFilter, *, limit: int | None, offset: int = 0, ascending: bool
    ) -> tuple[list[Row], int]:
        """Return one page of sessions by their time of creation, and how many there are in all."""
        columns = t.sessions.c
        keys = (columns.created, columns.id)
        order = keys if ascending else tuple(key.desc() for key in keys)
        page = narrowed.apply(select(t.sessions)).order_by(*order).limit(limit).offset(offset)
        count = narrowed.apply(select(func.count()).select_from(t.sessions))
        with self._engine.connect() as connection:
            rows: list[Row] = [dict(row) for row in connection.execute(page).mappings()]
            return rows, int(connection.execute(count).scalar_one())

    def jobs_usage_seconds(self, session_ids: Sequence[str]) -> dict[str, float]:
        """Return the sum of the usage of the jobs of each session that has any, in seconds."""
        columns = t.jobs.c
        found: dict[str, float] = {}
        for start in range(0, len(session_ids), 500):
            some = columns.session_id.in_(session_ids[start : start + 500])
            sums = select(columns.session_id, func.sum(columns.usage_seconds).label("seconds"))
            rows = self._rows(sums.where(some).group_by(columns.session_id))
            found |= {row["session_id"]: float(row["seconds"] or 0.0) for row in rows}
        return found

    def dedicated_sessions(self, since: float) -> list[Row]:
        """Return the dedicated sessions that were not closed before a time."""
        columns = t.sessions.c
        lasted = or_(columns.closed.is_(None), columns.closed >= since)
        return self._rows(select(t.sessions).where(columns.mode != "batch", lasted))

    def open_sessions(self) -> list[Row]:
        """Return the sessions that are not closed."""
        return self._rows(select(t.sessions).where(t.sessions.c.state != "closed"))

    def measurements(self) -> list[Row]:
        """Return all measurements."""
        return self._rows(select(t.measurements))

    def put_measurement(self, values: Row) -> None:
        """Insert or replace one measurement."""
        key = ("device", "program", "quantity")
        same = [t.measurements.c[name] == values[name] for name in key]
        with self._engine.begin() as connection:
            connection.execute(delete(t.measurements).where(*same))
            connection.execute(insert(t.measurements).values(**values))

    # -- queries of other modules --------------------------------------------------------------

    def rows(self, query: Select[Any]) -> list[Row]:
        """Run a query that another module has made."""
        return self._rows(query)

    # -- helpers -----------------------------------------------------------------------------

    def _rows(self, query: Select[Any]) -> list[Row]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _text(self, table: Any, job_id: str) -> str | None:
        found = self._rows(select(table).where(table.c.job_id == job_id))
        return str(found[0]["text"]) if found else None

    def _lines(self, table: Any, job_id: str, after: int, limit: int | None = None) -> list[Row]:
        query = select(table).where(table.c.job_id == job_id, table.c.seq > after)
        return self._rows(query.order_by(table.c.seq).limit(limit))

    def _append(self, table: Any, job_id: str, text: str) -> None:
        last = select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.job_id == job_id)
        with self._engine.begin() as connection:
            seq = int(connection.execute(last).scalar_one()) + 1
            connection.execute(insert(table).values(job_id=job_id, seq=seq, text=text))


def _write_tags(connection: Connection, job_id: str, tags: Iterable[str]) -> None:
    rows = [{"job_id": job_id, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(insert(t.job_tags), rows)


def _write_session(connection: Connection, values: Row) -> None:
    connection.execute(delete(t.sessions).where(t.sessions.c.id == values["id"]))
    connection.execute(insert(t.sessions).values(**values))
