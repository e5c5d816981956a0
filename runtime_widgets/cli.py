"""The command ``runtime-widgets``: serve, status, stop, jobs, demo.

typer: commands, help and checks from annotations alone; well kept, and what FastAPI's
users know.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runtime_widgets import cli_jobs

if TYPE_CHECKING:
    from runtime_widgets.local import LocalAddress

__all__ = ["main"]

app = typer.Typer(
    name="runtime-widgets",
    no_args_is_help=True,
    # Plain text: the other kind is a table, which cuts the names of options in a narrow terminal.
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.add_typer(cli_jobs.app, name="jobs")

Hidden = typer.Option(hidden=True)
"""For the package's own use."""


def _option(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text)


def main() -> None:
    """Run the command line."""
    app()


def _say_version(wanted: bool) -> None:
    if wanted:
        from runtime_widgets import __version__

        typer.echo(f"runtime-widgets {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Watch quantum jobs where they are run, and run them on this machine."""


def _stop_with_stdin() -> None:
    """Wait for the end of the standard input, then stop as a signal would."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@app.command()
def serve(
    host: Annotated[str, _option("ADDRESS", "Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            metavar="NUMBER", help="Port; 0, the default, takes a free one.", show_default=False
        ),
    ] = 0,
    data: Annotated[
        Path | None,
        _option(
            "FOLDER",
            "Folder of jobs, results and the token. By default a temporary one, which is deleted "
            "at the end.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="RUNTIME_WIDGETS_TOKEN",
            help="The token; a random one by default. Others see it in the list of processes: "
            "the variable is better.",
        ),
    ] = None,
    instance: Annotated[str | None, _option("CRN", "The CRN that it answers to.")] = None,
    idle_seconds: Annotated[
        float | None,
        _option("NUMBER", "Stop after so many seconds without requests or jobs. Never by default."),
    ] = None,
    until_stdin_ends: Annotated[bool, Hidden] = False,
    database_url: Annotated[
        str | None, _option("URL", "SQLAlchemy's URL; SQLite in the folder by default.")
    ] = None,
    device: Annotated[
        list[str] | None,
        _option(
            "FIELDS",
            "A device, such as name=mine,qubits=5,kind=noisy,seed=7. Repeatable. "
            "Kinds: exact, noisy, wide, eagle, heron.",
        ),
    ] = None,
    program: Annotated[
        list[str] | None,
        _option("PROGRAM", "A program of your own, NAME=MODULE:FUNCTION. Repeatable."),
    ] = None,
    max_body_bytes: Annotated[int, _option("NUMBER", "Largest request body.")] = 50 * 2**20,
    post_processing_seconds: Annotated[
        float | None,
        _option(
            "NUMBER",
            "Shortest time between Running and the end of a job. By default 0.3, and 1.2 on "
            "devices that stand in for a processor.",
        ),
    ] = None,
    usage_limit_seconds: Annotated[
        int | None,
        _option("NUMBER", "Usage of a month from which on no job is taken. None by default."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, _option("FILE", "A certificate (PEM): speak HTTPS. With --tls-key.")
    ] = None,
    tls_key: Annotated[Path | None, _option("FILE", "Its key (PEM).")] = None,
    announce: Annotated[Path | None, Hidden] = None,
    allow_remote: Annotated[
        bool,
        typer.Option("--allow-remote", help="Listen on an address that others can reach."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, the token in it.")
    ] = False,
) -> None:
    """Run the embedded runtime in the foreground."""
    from runtime_widgets.server.main import serve as run

    if until_stdin_ends:
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
    code = run(
        host=host,
        port=port,
        data=data,
        token=token,
        instance=instance,
        idle_seconds=idle_seconds,
        announce=announce,
        json=json,
        database_url=database_url,
        devices=device or None,
        programs=program or None,
        allow_remote=allow_remote,
        max_body_bytes=max_body_bytes,
        post_processing_seconds=post_processing_seconds,
        usage_limit_seconds=usage_limit_seconds,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
    )
    raise typer.Exit(code or 0)


@app.command()
def status(
    json: Annotated[
        bool,
        typer.Option("--json", help="Print one line of JSON; the token is in the file it names."),
    ] = False,
) -> None:
    """Say whether your embedded runtime runs, where, and how to connect. Ends with 1 if not."""
    from runtime_widgets import cli_status

    address = _running()
    if address is None:
        none = 'No embedded runtime runs; QiskitRuntimeService(channel="local") starts it.'
        typer.echo(dumps({"running": False}) if json else none)
        raise typer.Exit(1)
    typer.echo(dumps(cli_status.facts(address)) if json else "\n".join(cli_status.lines(address)))


@app.command()
def stop() -> None:
    """Stop your embedded runtime. Queued jobs stay, and go on when it is started again."""
    from runtime_widgets import local

    address = _running()
    if address is None:
        typer.echo("No embedded runtime runs.")
        return
    if not local.stop(address):
        typer.echo(f"Process {address.pid} was told to stop, and has not ended yet.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Stopped process {address.pid}.")


def _running() -> LocalAddress | None:
    from runtime_widgets import local
    from runtime_widgets.errors import LocalRuntimeError

    try:
        return local.find()
    except (LocalRuntimeError, OSError) as exc:  # its folder cannot be made, or is not ours
        typer.echo(f"runtime-widgets: {exc}", err=True)
        raise typer.Exit(1) from None


@app.command()
def demo(
    notebook: Annotated[Path, typer.Argument(help="The notebook.")] = Path(
        "notebooks/01_quickstart.ipynb"
    ),
    check: Annotated[
        bool,
        typer.Option("--check", help="Run it to its end without a person; fail if it fails."),
    ] = False,
    screenshot: Annotated[
        Path | None, _option("FILE", "With --check: a picture of the page at its end.")
    ] = None,
) -> None:
    """Open JupyterLab on the quickstart notebook."""
    from runtime_widgets.demo import show as door

    if not notebook.is_file():
        typer.echo(f"There is no {notebook}: run this in the project's checkout.", err=True)
        sys.exit(2)
    raise typer.Exit(door.check(notebook, screenshot) if check else door.show(notebook))
