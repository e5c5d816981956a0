"""The tables, for SQLAlchemy Core. `migrations.py` creates them; nothing else does.

Big texts (parameters, results, logs, interim results) have tables of their own, so that a
list of jobs never reads them. Times are UTC seconds since the epoch.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.types import JSON

__all__ = [
    "job_interim",
    "job_logs",
    "job_params",
    "job_results",
    "job_tags",
    "jobs",
    "measurements",
    "metadata",
    "migrations",
    "sessions",
]

metadata = MetaData()


def _of_job() -> Column[str]:
    reference = ForeignKey("jobs.id", ondelete="CASCADE")
    return Column("job_id", String(64), reference, primary_key=True)


migrations = Table(
    "migrations",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("applied", Float, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # order of submission
    Column("id", String(64), nullable=False, unique=True),
    Column("program_id", String(128), nullable=False, index=True),
    Column("backend", String(128), nullable=False, index=True),
    Column("status", String(16), nullable=False, index=True),
    Column("reason", Text),
    Column("reason_code", Integer),
    Column("reason_solution", Text),
    # The end that a worker reported, committed the moment it is known: a server that dies
    # between this and the final status finishes the job at its next start, not runs it again.
    Column("outcome", JSON(none_as_null=True)),
    Column("created", Float, nullable=False, index=True),
    Column("running", Float),
    Column("executing", Float),
    Column("ended", Float),
    Column("revision", Integer, nullable=False, default=1),
    Column("attempts", Integer, nullable=False, default=0),
    # The number of the latest interim result, and that of the last one of a lost attempt:
    # numbers only grow, the results of a lost attempt are gone.
    Column("interim_count", Integer, nullable=False, default=0),
    Column("interim_lost", Integer, nullable=False, default=0, server_default="0"),
    Column("tags", JSON, nullable=False),
    Column("session_id", String(64), index=True),
    Column("private", Boolean, nullable=False, default=False),
    Column("results_read", Boolean, nullable=False, default=False),
    Column("cost", Float, nullable=False),
    Column("runtime", String(256), nullable=False, default=""),
    Column("log_level", String(16), nullable=False, default="WARNING"),
    Column("estimate_seconds", Float),
    Column("estimate_basis", Text),
    Column("usage_seconds", Float),
    Column("facts", JSON, nullable=False),
    Column("idempotency_key", String(256), unique=True),
    Column("body_sha256", String(64), nullable=False),
)

job_params = Table("job_params", metadata, _of_job(), Column("text", Text, nullable=False))
job_results = Table("job_results", metadata, _of_job(), Column("text", Text, nullable=False))

job_tags = Table(
    "job_tags",
    metadata,
    _of_job(),
    Column("tag", String(86), primary_key=True, index=True),
)

job_logs = Table(
    "job_logs",
    metadata,
    _of_job(),
    Column("seq", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)

job_interim = Table(
    "job_interim",
    metadata,
    _of_job(),
    Column("seq", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("backend", String(128), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("state", String(24), nullable=False),
    Column("accepting_jobs", Boolean, nullable=False, default=True),
    Column("state_reason", Text),
    # Seconds. `started` is the start of the first job, `activated` the latest activation.
    Column("max_ttl", Integer, nullable=False),
    Column("active_ttl", Integer),
    Column("interactive_ttl", Integer, nullable=False, default=60, server_default="60"),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("activated", Float),
    Column("closed", Float),
    Column("last_job_started", Float),
    Column("last_job_completed", Float),
    Column("timestamps", JSON, nullable=False),
    Column("revision", Integer, nullable=False, default=1, server_default="1"),
)

# Running sums of past jobs, from which speeds are read (see `estimates.py`).
measurements = Table(
    "measurements",
    metadata,
    Column("device", String(128), primary_key=True),
    Column("program", String(128), primary_key=True),
    Column("quantity", String(16), primary_key=True),
    Column("jobs", Integer, nullable=False),
    Column("sums", JSON, nullable=False),
)
