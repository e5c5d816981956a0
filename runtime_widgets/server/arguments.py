"""What a server is started with: refused before anything is made, in a sentence with the option."""

from __future__ import annotations

import math
import ssl
from pathlib import Path

from runtime_widgets.server.settings import LOOPBACK

__all__ = [
    "check_database",
    "check_host",
    "check_instance",
    "check_number",
    "check_port",
    "check_tls",
    "check_token",
]

_IN_MEMORY = (None, "", ":memory:")


def check_host(host: str, *, allow_remote: bool) -> None:
    """Refuse an address that others can reach, unless that is wanted."""
    if not host.strip():
        raise ValueError("--host is empty: leave it out for 127.0.0.1")
    if host not in LOOPBACK and not allow_remote:
        raise ValueError(
            f"{host} is not a loopback address: anyone who can reach it could try the token. "
            "If that is what you want, say so with --allow-remote."
        )


def check_port(port: int) -> None:
    """Refuse what is no port."""
    if not 0 <= port <= 65535:
        raise ValueError(f"--port is 1 to 65535, or 0 for a free one, not {port}")


def check_number(option: str, value: float | None, least: float, *, above: bool = False) -> None:
    """Refuse a number that is none, or below the least that makes sense; None is no number.

    Parameters
    ----------
    option
        The name of the option.
    value
        Its value.
    least
        The smallest value that is taken.
    above
        The least itself is not taken either.
    """
    if value is None:
        return
    if not math.isfinite(value) or value < least or (above and value == least):
        what = f"more than {least:g}" if above else f"{least:g} or more"
        raise ValueError(f"{option} is a number, {what}, not {value:g}")


def check_token(token: str | None) -> None:
    """Refuse a token that no client could send; it is not shown."""
    if token is None:
        return
    if not token.strip():
        raise ValueError("--token is empty: give one, or leave it out for a random one")
    if token != token.strip() or not (token.isascii() and token.isprintable()):
        raise ValueError("--token is of ASCII's printable signs, without a space at an end")


def check_instance(instance: str | None) -> None:
    """Refuse what is no CRN."""
    if instance is None:
        return
    fine = instance.isascii() and instance.isprintable() and " " not in instance
    if not fine or not instance.startswith("crn:"):
        raise ValueError(f"--instance is a CRN, such as crn:v1:…::, not {instance!r}")


def check_database(url: str | None) -> None:
    """Refuse what is no URL of a database; it may hold a password, and is not shown."""
    if url is None:
        return
    # Imported here: it takes longer than all that is told without it.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(
            "--database-url is no URL of SQLAlchemy's, such as sqlite:////folder/jobs.sqlite3"
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in _IN_MEMORY:
        raise ValueError("--database-url: a database in memory cannot be shared; name a file")


def check_tls(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Return the two files once they are found to be good."""
    if certificate is None or key is None:
        if certificate is not key:
            raise ValueError("HTTPS takes both, --tls-certificate and --tls-key")
        return None
    for option, path in (("--tls-certificate", certificate), ("--tls-key", key)):
        _check_pem(option, path)
    try:
        # A key with a passphrase would be asked for it in the terminal, now and at the start.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as exc:  # SSLError is an OSError
        raise ValueError(
            f"--tls-certificate {certificate} and --tls-key {key} are no certificate and its "
            f"key, without a passphrase: {getattr(exc, 'reason', None) or exc}"
        ) from exc
    return certificate, key


def _check_pem(option: str, path: Path) -> None:
    try:
        text = path.read_bytes()
    except OSError as exc:
        raise ValueError(f"{option} {path} cannot be read: {exc.strerror or exc}") from exc
    if b"-----BEGIN " not in text:
        raise ValueError(f"{option} {path} is no file in PEM form")
