"""The command ``runtime-widgets jobs``: the history of this machine's jobs, in a terminal."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from runtime_widgets.history import History

__all__ = ["app"]

app = typer.Typer(
    help="List the jobs that this machine submitted or watched.",
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
)

SHOWN = 50


def _time(text: str) -> datetime:
    from runtime_widgets._jobs_text import moment

    try:
        return moment(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from None


Since = Annotated[
    datetime | None,
    typer.Option(parser=_time, metavar="TIME", help="Created since: 2d, 12h, 30m, 2w, or a date."),
]


@app.callback()
def jobs(
    context: typer.Context,
    pending: Annotated[
        bool, typer.Option("--pending", help="Only those that had not ended when last seen.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only those of a device.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Only those with this tag. Repeatable: all of them."),
    ] = None,
    since: Since = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="At most so many, the newest. By default 50, or all of an export.",
        ),
    ] = None,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="First ask the services that can be asked without a question: a running "
            "embedded runtime, and saved accounts. One request each.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all details.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help='Write a CSV file; "-" prints it.'),
    ] = None,
) -> None:
    """List the jobs that this machine submitted or watched, newest first.

    In a pipe a line is a job, and tabs separate its fields.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if csv is not None and as_json:
        msg = "Say one of the two, --csv or --json."
        raise typer.BadParameter(msg)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of an older Windows cannot print everything that a tag may hold.
        sys.stdout.reconfigure(errors="replace")
    history = _history()
    narrowed: dict[str, Any] = {
        "pending": True if pending else None,
        "device": device,
        "tags": tag or (),
        "since": since,
    }
    with _sentences():
        if refresh:
            _refresh(history)
        if csv is not None and str(csv) != "-":
            count = history.export(csv, "csv", limit=limit, **narrowed)
            typer.echo(f"Wrote {_counted(count)} to {csv}.", err=True)
        elif csv is not None or as_json:
            out = _Printable() if sys.stdout.isatty() else sys.stdout
            history.export(out, "json" if as_json else "csv", limit=limit, **narrowed)
        else:
            _show(history, SHOWN if limit is None else limit, narrowed)
            return
        _say_if_off(history)


def _refuse_options(context: typer.Context) -> None:
    """Refuse options before a command: they narrow the list, and nothing that a command does."""
    sources = map(context.get_parameter_source, context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        name = context.invoked_subcommand
        msg = f"An option before {name} is one of the list: {name} does not look at it."
        raise typer.BadParameter(msg)


class _Printable:
    """Standard output, without what a terminal would take for a command."""

    def write(self, text: str) -> int:
        from runtime_widgets._printable import printable

        return sys.stdout.write(
            "\n".join(printable(line) for line in text.splitlines()) + "\n" * text.endswith("\n")
        )


@app.command()
def prune(
    older_than: Annotated[
        datetime | None,
        typer.Option(
            parser=_time,
            metavar="TIME",
            help="Those created before: so long ago, such as 90d or 12w, or a date.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=0, metavar="NUMBER", help="All but so many of the newest; 0 empties it."),
    ] = None,
) -> None:
    """Delete jobs from the history. The jobs themselves, and their results, stay where they are.

    With both options what is older goes, and of the others all but the newest.
    """
    if older_than is None and keep is None:
        msg = "Say which: --older-than 90d, or --keep 1000."
        raise typer.BadParameter(msg)
    with _sentences():
        count = _history().prune(older_than, keep)
        typer.echo(f"Deleted {_counted(count)} from the history.")


@app.command()
def off() -> None:
    """Keep no more jobs on this machine. What is there stays; `jobs prune --keep 0` deletes it."""
    with _sentences():
        history = _history()
        history.disable()
        typer.echo(
            "The history is switched off: no more jobs are kept. What is there stays in "
            f"{history.path}; `runtime-widgets jobs prune --keep 0` deletes it."
        )


@app.command()
def on() -> None:
    """Keep jobs again."""
    with _sentences():
        history = _history()
        history.enable()
        if history.enabled:
            typer.echo(f"The history is switched on: jobs are kept in {history.path}.")
        else:
            typer.echo(f"{_off(history)} That goes on.")


@app.command()
def path() -> None:
    """Print where the history is."""
    history = _history()
    typer.echo(str(history.path))
    _say_if_off(history)


def _history() -> History:
    from runtime_widgets.history import History

    return History.default()


def _off(history: History) -> str:
    """Say that no more jobs are kept, and why; nothing where they are."""
    if history.enabled:
        return ""
    if history.wanted:
        why = "The history is switched off"
        return f"{why}: no more jobs are kept, until `runtime-widgets jobs on`."
    if not history.path.is_absolute():
        return "There is no home folder: no jobs are kept."
    return "RUNTIME_WIDGETS_HISTORY is off in this environment: no more jobs are kept."


def _say_if_off(history: History) -> None:
    """Say so where a program reads the output, beside it."""
    if said := _off(history):
        typer.echo(said, err=True)


def _refresh(history: History) -> None:
    """Bring the jobs that had not ended up to date, where somebody can be asked."""
    from runtime_widgets.history_services import recall

    # What is read here comes into the history by itself, as in a notebook.
    found = recall(history.list(None, pending=True))
    for service in found.services:
        service.close()
    for trouble in found.troubles:
        typer.echo(f"A service could not be asked: {trouble}", err=True)
    if found.lost:
        typer.echo(f"Nobody was asked about {_counted(len(found.lost))}.", err=True)


def _show(history: History, limit: int, narrowed: dict[str, Any]) -> None:
    from runtime_widgets._jobs_text import lines, table

    entries = history.list(limit, **narrowed)
    if not sys.stdout.isatty():
        for line in lines(entries):
            typer.echo(line)
        _say_if_off(history)
        return
    if entries:
        width = shutil.get_terminal_size().columns
        for line in table(entries, width, colour="NO_COLOR" not in os.environ):
            typer.echo(line)
    for sentence in _remarks(history, len(entries), narrowed):
        typer.echo(sentence)


def _remarks(history: History, shown: int, narrowed: dict[str, Any]) -> Iterator[str]:
    """Say what a table does not show."""
    if said := _off(history):
        yield said
    count = history.count(**narrowed)
    if count > shown:
        yield f"The newest {shown} of {count:,}; --limit {count} shows all."
    elif shown == 0 and any(narrowed.values()):
        yield "The history has no such job."
    elif shown == 0:
        yield f"No job yet: what is submitted or watched on this machine is kept in {history.path}."


@contextmanager
def _sentences() -> Iterator[None]:
    """Say what went wrong in a sentence, and end with 1."""
    try:
        yield
    except (typer.Exit, typer.BadParameter, BrokenPipeError):
        raise
    except Exception as exc:
        # Not at the top: a listing is not to wait for qiskit, which the errors import.
        from runtime_widgets.errors import IBMError

        if not isinstance(exc, (IBMError, OSError)):
            raise
        typer.echo(f"runtime-widgets jobs: {exc}", err=True)
        raise typer.Exit(1) from None


def _counted(count: int) -> str:
    return f"{count:,} job{'' if count == 1 else 's'}"
