"""One check, or one attempt of a job, in a worker process."""

from __future__ import annotations

import io
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, BinaryIO

import qiskit

from runtime_widgets import codec
from runtime_widgets.server.framing import write_frame
from runtime_widgets.server.problems import Problem, bad_params
from runtime_widgets.server.programs import BUILT_IN, find_program
from runtime_widgets.server.work.checking import check_submission
from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["check_one", "run_one", "warm_up"]

FAILED_TO_RUN = 5203


def warm_up(around: Surroundings, *, checking: bool) -> None:
    """Import what the first job would have to wait for."""
    for name in BUILT_IN:
        find_program(name, around)
    if around.aer and not checking:
        import qiskit_aer  # noqa: F401


Waiting = Callable[[], object]
"""Returns once the server says something more."""


def check_one(
    header: dict[str, Any], body: bytes, around: Surroundings, out: BinaryIO, wait: Waiting
) -> None:
    """Check one submission and answer."""
    del header, wait
    params = b""
    reply: dict[str, Any]
    try:
        checked, text = check_submission(body, around)
        checked["facts"]["qiskit_version"] = qiskit.__version__
        reply, params = {"kind": "checked", **checked}, text.encode()
    except Problem as problem:
        reply = {"kind": "problem", "problem": problem.to_wire()}
    except BaseException as exc:
        # BaseException: a panic in qiskit's compiled part is one. Whatever it was, the process
        # is not used again.
        short = isinstance(exc, MemoryError)
        why = "it needs too much memory" if short else _brief(exc)
        refused = bad_params(f"The submission cannot be decoded: {why}")
        reply = {"kind": "problem", "problem": refused.to_wire(), "retire": True}
    write_frame(out, reply, params)


class _Reporter:
    """Sends what happens in a job; from any thread of the program."""

    def __init__(self, out: BinaryIO, largest_bytes: int, turn: Waiting | None) -> None:
        self._out = out
        self._turn = turn
        self._largest_bytes = largest_bytes
        self._lock = threading.Lock()
        self.started: float | None = None

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Send one message."""
        with self._lock:
            write_frame(self._out, header, blob)

    def executing(self) -> None:
        """Start the clock of the usage, once; before its turn, wait for that."""
        if self.started is None:
            if self._turn is not None:
                self.send({"kind": "prepared"})
                self._turn()
            self.started = time.perf_counter()
            self.send({"kind": "executing"})

    def publish(self, value: Any) -> None:
        """Publish an interim result."""
        self.send({"kind": "interim"}, self.encoded(value))

    def encoded(self, value: Any) -> bytes:
        """Encode a result.

        Raises
        ------
        ValueError
            If it is larger than the server takes.
        """
        data = codec.dumps(value).encode()
        if len(data) > self._largest_bytes:
            raise ValueError(
                f"a result of {len(data):,} bytes once encoded; {self._largest_bytes:,} are allowed"
            )
        return data

    def log(self, text: str) -> None:
        """Send logs."""
        self.send({"kind": "log"}, text.encode("utf-8", "backslashreplace"))

    def seconds(self) -> float:
        """Return the seconds since execution began."""
        return 0.0 if self.started is None else time.perf_counter() - self.started


class _LogHandler(logging.Handler):
    def __init__(self, reporter: _Reporter) -> None:
        super().__init__()
        self._reporter = reporter
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._reporter.log(self.format(record) + "\n")


class _Printed(io.TextIOBase):
    """Where a program's prints go: into the logs, line by line."""

    def __init__(self, reporter: _Reporter) -> None:
        self._reporter = reporter
        self._line = ""

    def write(self, text: str) -> int:
        self._line += text
        done, newline, self._line = self._line.rpartition("\n")
        if newline:
            self._reporter.log(done + newline)
        return len(text)

    def writable(self) -> bool:
        return True

    def finish(self) -> None:
        """Send a last line that has no end."""
        if self._line:
            self._reporter.log(self._line + "\n")
            self._line = ""


def run_one(
    header: dict[str, Any], params: bytes, around: Surroundings, out: BinaryIO, wait: Waiting
) -> None:
    """Run one attempt of a job and report how it ended.

    One that is prepared ahead waits for its turn before it executes.
    """
    turn = wait if header["ahead"] else None
    reporter = _Reporter(out, around.limits.max_message_bytes, turn)
    handler, printed = _LogHandler(reporter), _Printed(reporter)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(header["log_level"])
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            end, result = _attempt(header, params, around, reporter)
        printed.finish()
    finally:
        root.removeHandler(handler)
        sys.stdout.flush()
    reporter.send(end, result)


def _attempt(
    header: dict[str, Any], params: bytes, around: Surroundings, reporter: _Reporter
) -> tuple[dict[str, Any], bytes]:
    """Run the program; return how it ended, and the result."""
    try:
        program = find_program(header["program"], around)
        work = Work(
            codec.loads(params, limits=codec.UNTRUSTED_LIMITS),
            around.devices[header["device"]],
            reporter.publish,
            reporter.executing,
            around,
        )
        value = program.run(work)
        seconds = reporter.seconds()  # writing the result down is not charged
        return {"kind": "done", "seconds": seconds}, reporter.encoded(value)
    except Problem as problem:
        reporter.log(f"{problem.message}\n")
        return _failed(problem.error(), reporter), b""
    except BaseException as exc:
        reporter.log(traceback.format_exc())
        return _failed(_reason(exc), reporter), b""


def _failed(reason: dict[str, Any], reporter: _Reporter) -> dict[str, Any]:
    return {"kind": "failed", "reason": reason, "seconds": reporter.seconds()}


def _reason(exc: BaseException) -> dict[str, Any]:
    if isinstance(exc, MemoryError):
        message = f"The job needs more memory than there is: {_brief(exc)}"
        return {"message": message, "code": FAILED_TO_RUN, "solution": "Make the job smaller."}
    solution = "The traceback is in the job's logs."
    return {"message": _brief(exc), "code": FAILED_TO_RUN, "solution": solution}


def _brief(exc: BaseException) -> str:
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text[:500]}" if text else type(exc).__name__
