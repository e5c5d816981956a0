"""Named migrations: a list of functions, each run once, in order, in a transaction.

A list of our own rather than alembic: an embedded server must open the data folder of an older
version by itself at start, without a configuration file or a command of its own, and that is
the forty lines below. A migration that has been released is never edited; a new one is added.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from runtime_widgets.server import tables

__all__ = ["MIGRATIONS", "migrate"]


def create_first_tables(connection: Connection) -> None:
    """Create the tables of version 0.1."""
    tables.metadata.create_all(connection)


def count_lost_interim_results(connection: Connection) -> None:
    """Add the column that tells an attempt's interim results from those of a lost one."""
    _add(connection, "jobs", "interim_lost INTEGER NOT NULL DEFAULT 0")


def let_sessions_rest(connection: Connection) -> None:
    """Add what a session needs to be deactivated, and what is told of it since."""
    for column in (
        "state_reason TEXT",
        "active_ttl INTEGER",
        "interactive_ttl INTEGER NOT NULL DEFAULT 60",
        "started FLOAT",
        "revision INTEGER NOT NULL DEFAULT 1",
    ):
        _add(connection, "sessions", column)
    # The first job of a session of that time had made it active.
    connection.execute(text("UPDATE sessions SET started = activated WHERE started IS NULL"))


def _add(connection: Connection, table: str, column: str) -> None:
    """Add a column, unless the first migration has made the table as it is now."""
    known = {one["name"] for one in inspect(connection).get_columns(table)}
    if column.split(maxsplit=1)[0] not in known:
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}"))


MIGRATIONS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("0001-first-tables", create_first_tables),
    ("0002-lost-interim-results", count_lost_interim_results),
    ("0003-resting-sessions", let_sessions_rest),
)


def migrate(engine: Engine) -> list[str]:
    """Bring the database up to date and return the names of what was applied.

    Raises
    ------
    RuntimeError
        If a newer version of this package has written the database.
    """
    applied: list[str] = []
    with engine.begin() as connection:
        known = inspect(connection).has_table(tables.migrations.name)
        names = select(tables.migrations.c.name)
        done = set(connection.execute(names).scalars()) if known else set()
        newer = done - {name for name, _ in MIGRATIONS}
        if newer:
            raise RuntimeError(
                "the data folder was written by a newer version of runtime-widgets "
                f"(unknown migration {min(newer)})"
            )
        for name, step in MIGRATIONS:
            if name not in done:
                step(connection)
                connection.execute(insert(tables.migrations).values(name=name, applied=time.time()))
                applied.append(name)
    return applied
