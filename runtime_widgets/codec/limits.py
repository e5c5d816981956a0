"""How much a payload may cost, and where in it something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["DEFAULT_LIMITS", "UNTRUSTED_LIMITS", "Limits", "PayloadError", "brief", "guarded"]

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one call of `loads` or `decode` may use.

    The defaults are for results read by the user who paid for them. Whoever reads
    what strangers send, such as a server, passes `UNTRUSTED_LIMITS`.

    Parameters
    ----------
    max_text_bytes : int
        Length of the JSON text; 512 MiB.
    max_bytes : int
        Bytes of all base64 and zlib blobs of the payload together, once
        decompressed; 1 GiB.
    max_array_elements : int
        Elements of any one array; 2**28.
    max_items : int
        Values in the JSON tree, leaves included; five million.
    max_depth : int
        How deep lists and objects may nest; 100.
    max_qubits : int
        Qubits, and separately classical bits, of any one circuit or of any one
        definition inside it; 100 000.
    min_qpy_version : int
        The oldest QPY that is read; 13, because older ones hold expressions in
        formats that have run code (CVE-2025-2000) or crashed (CVE-2025-1403).
    inspect_circuits : bool
        Walk each circuit's QPY before it is built, and refuse what would cost far more
        than its bytes or call something else than an instruction; see `qpy_check`.
    """

    max_text_bytes: int = 512 * MIB
    max_bytes: int = 1024 * MIB
    max_array_elements: int = 1 << 28
    max_items: int = 5_000_000
    max_depth: int = 100
    max_qubits: int = 100_000
    min_qpy_version: int = 13
    inspect_circuits: bool = False


DEFAULT_LIMITS = Limits()

UNTRUSTED_LIMITS = Limits(
    max_text_bytes=64 * MIB,
    max_bytes=128 * MIB,
    max_array_elements=1 << 24,
    max_items=1_000_000,
    max_depth=50,
    max_qubits=10_000,
    inspect_circuits=True,
)
"""For what strangers send: 64 MiB of text, 128 MiB once decompressed, circuits inspected."""


class PayloadError(Exception):
    """A reason, and the way to it, collected while the stack unwinds.

    Internal: `guarded` turns it into the ``CodecError`` that callers see. Keeping the
    path here costs nothing as long as nothing goes wrong.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str | int] = []

    @property
    def path(self) -> str:
        """The place in the payload, such as ``params.pubs[0][1]``; empty for its root."""
        path = ""
        for step in reversed(self.steps):
            if isinstance(step, int):
                path += f"[{step}]"
            else:
                # A key comes from the payload: keep the message short and on one line.
                name = step if step.isprintable() and len(step) <= 80 else ascii(step)[:80]
                path += f".{name}" if path else name
        return path


def guarded(verb: str, work: Callable[[], Any]) -> Any:
    """Run `work`; a `PayloadError` in it leaves as the package's ``CodecError``.

    Raises
    ------
    CodecError
        With the verb, the path and the reason; the original exception is its cause.
    """
    try:
        return work()
    except PayloadError as error:
        # Here and not above: errors.py imports qiskit, and this package must not.
        from runtime_widgets.errors import CodecError

        where = f" at {error.path}" if error.path else ""
        raise CodecError(f"Cannot {verb}{where}: {error.reason}") from error.__cause__


def brief(exc: BaseException) -> str:
    """Return an exception's type and message on one line of bounded length."""
    text = " ".join(str(exc)[:1000].split()) or "no reason given"
    return f"{type(exc).__name__}: {text[:300]}"
