"""Start a server in the foreground: settings, parts, announcement, and a clean end."""

from __future__ import annotations

import contextlib
import json as jsonlib
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime_widgets.server import arguments
from runtime_widgets.server.devices import DeviceSpec, declared
from runtime_widgets.server.lock import DataFolderInUse, lock_folder
from runtime_widgets.server.program_check import check_programs
from runtime_widgets.server.programs import parse_programs
from runtime_widgets.server.settings import DEFAULT_INSTANCE, Limits, Settings, aer_installed
from runtime_widgets.server.welcome import welcome

if TYPE_CHECKING:
    from runtime_widgets.server.runner import Runner

__all__ = ["EXIT_IN_USE", "EXIT_USAGE", "serve"]

EXIT_USAGE = 2
EXIT_IN_USE = 3


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    data: Path | None = None,
    token: str | None = None,
    instance: str | None = None,
    idle_seconds: float | None = None,
    announce: Path | None = None,
    json: bool = False,
    database_url: str | None = None,
    devices: Sequence[DeviceSpec | str] | None = None,
    programs: Sequence[str] | None = None,
    allow_remote: bool = False,
    max_body_bytes: int = 50 * 1024 * 1024,
    post_processing_seconds: float | None = None,
    use_aer: bool | None = None,
    limits: Limits | None = None,
    usage_limit_seconds: int | None = None,
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
) -> int:
    """Run a server until it is told to stop, or is idle for too long.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one. Another host than the loopback is refused
        unless `allow_remote`.
    data
        Folder of the database; a temporary one, deleted at the end, if None.
    token
        The secret. If None, the one of the data folder, which is made at its first use.
    instance
        CRN to answer to.
    idle_seconds
        Stop after so long without a request, an open socket or a job; None never stops.
    announce
        File that says where the server is, for as long as it runs: the same JSON, mode 0600.
    json
        Print one line of JSON when ready (url, token, instance, pid), and not some lines for
        people, which hold no token.
    database_url
        SQLAlchemy URL of another database than the SQLite file in the data folder.
    devices
        The devices on offer, as specs or as text (``name=mine,qubits=5,kind=noisy,seed=3``).
    programs
        Further programs, ``name=module:function``.
    max_body_bytes
        Largest request body.
    post_processing_seconds
        Shortest time that a job is seen Running; by default 0.3, and 1.2 on a device that
        stands in for a processor.
    use_aer
        Whether to use qiskit-aer; if None, where it is installed.
    limits
        All other limits.
    usage_limit_seconds
        Usage of a calendar month from which on no job is accepted.
    tls_certificate, tls_key
        Files in PEM form: speak HTTPS.

    Returns
    -------
    int
        Exit code: 0, 2 for an argument that cannot be, 3 for a data folder in use.
    """
    aer = aer_installed() if use_aer is None else use_aer
    with contextlib.ExitStack() as stack:
        try:
            arguments.check_host(host, allow_remote=allow_remote)
            arguments.check_port(port)
            arguments.check_token(token)
            arguments.check_instance(instance)
            arguments.check_number("--idle-seconds", idle_seconds, 0, above=True)
            arguments.check_number("--max-body-bytes", max_body_bytes, 1)
            arguments.check_number("--post-processing-seconds", post_processing_seconds, 0)
            arguments.check_number("--usage-limit-seconds", usage_limit_seconds, 1)
            arguments.check_database(database_url)
            chosen = declared(list(devices or ()), aer=aer)
            tls = arguments.check_tls(tls_certificate, tls_key)
            own = parse_programs(programs or ())
            check_programs(own)
            folder = data or Path(stack.enter_context(_temporary_folder()))
            kept = _prepare(folder, stack, makes_token=token is None)
        except ValueError as exc:
            return _complain(str(exc), EXIT_USAGE)
        except DataFolderInUse as exc:
            return _complain(str(exc), EXIT_IN_USE)
        settings = Settings(
            data=folder,
            token=token or kept,
            instance=instance or DEFAULT_INSTANCE,
            database_url=database_url or f"sqlite:///{folder.resolve() / 'runtime.sqlite3'}",
            devices=chosen,
            programs=own,
            aer=aer,
            limits=replace(limits or Limits(), max_body_bytes=max_body_bytes),
            host=host,
            idle_seconds=idle_seconds,
            post_processing_seconds=post_processing_seconds,
            usage_limit_seconds=usage_limit_seconds,
            tls=tls,
        )
        greet = partial(welcome, settings, given_token=bool(token), temporary=data is None)
        return _run(settings, port, announce, None if json else greet)


def _prepare(folder: Path, stack: contextlib.ExitStack, *, makes_token: bool) -> str:
    """Lock a data folder, made where it is missing; return its secret, if that is wanted.

    Raises
    ------
    ValueError
        If it cannot be made, or written.
    DataFolderInUse
        If another server has it.
    """
    try:
        stack.enter_context(lock_folder(folder))
        return _kept_token(folder) if makes_token else ""
    except OSError as exc:
        raise ValueError(
            f"--data {folder}: this folder cannot be made or written: {exc.strerror or exc}"
        ) from exc


def _run(
    settings: Settings, port: int, announce: Path | None, greet: Callable[[str], str] | None
) -> int:
    """Put the parts together and run them; without `greet`, what is printed is for programs."""
    # Imported here: an argument that cannot be is told at once.
    from runtime_widgets.server.runner import bind

    try:
        listener = bind(settings.host, port)
    except (OSError, UnicodeError) as exc:  # a name that is none is the latter
        what = f"Cannot listen on {settings.host}:{port} (--host, --port)"
        return _complain(f"{what}: {getattr(exc, 'strerror', None) or exc}", EXIT_USAGE)
    try:
        runner = _assembled(settings)
    except ValueError as exc:
        listener.close()
        return _complain(str(exc), EXIT_USAGE)
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    facts = {
        "url": f"{'https' if settings.tls else 'http'}://{name}:{listener.getsockname()[1]}",
        "token": settings.token,
        "instance": settings.instance,
        "pid": os.getpid(),
    }

    def ready() -> None:
        if announce is not None:
            _write_private(announce, jsonlib.dumps(facts))
        said = greet(str(facts["url"])) if greet else jsonlib.dumps(facts)
        print(said, flush=True)  # noqa: T201 - what the command is asked to say

    try:
        runner.run(listener, ready)
    finally:
        if announce is not None:
            _withdraw(announce)
    return 0


def _assembled(settings: Settings) -> Runner:
    """Put the parts together.

    Raises
    ------
    ValueError
        If the database cannot be used.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from runtime_widgets.server.runner import Runner

    try:
        return Runner(settings, time.time)
    except (SQLAlchemyError, ImportError, OSError, RuntimeError) as exc:
        # SQLAlchemy adds its statement, and a link; the database's own words are what helps.
        said = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        raise ValueError(
            f"The database (--database-url, or else --data) cannot be used: {said}"
        ) from exc


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    # On Windows the database may be held for a moment after the end.
    return tempfile.TemporaryDirectory(prefix="runtime-widgets-", ignore_cleanup_errors=True)


def _kept_token(folder: Path) -> str:
    """Return the secret of a data folder: clients find their server again after a restart."""
    path = folder / "token"
    with contextlib.suppress(OSError):
        kept = path.read_text(encoding="ascii").strip()
        if kept:
            return kept
    token = secrets.token_urlsafe(32)
    _write_private(path, token)
    return token


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; whoever reads it sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _withdraw(announce: Path) -> None:
    """Remove the announcement, unless it is another server's by now."""
    with contextlib.suppress(OSError, ValueError):
        facts: Any = jsonlib.loads(announce.read_text(encoding="utf-8"))
        if facts.get("pid") == os.getpid():
            announce.unlink()


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"runtime-widgets serve: {message.rstrip('.')}.\n")
    return code
