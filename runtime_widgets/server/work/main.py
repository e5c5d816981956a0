"""A worker process: ``python -m runtime_widgets.server.work.main``.

It talks to the server over what were its standard input and output. It ends when the server
ends: at the end of its input, and on Linux also by the kernel's hand, in case that the thread
that would notice does not get to run.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from runtime_widgets.server.framing import read_frame, write_frame
from runtime_widgets.server.work.context import Surroundings

__all__ = ["main"]

PR_SET_PDEATHSIG = 1
Inbox = queue.SimpleQueue[tuple[dict[str, Any], bytes]]


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when the server's thread for it ends."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with suppress(OSError):
        # If memory runs out, let it be this process, not the server and not the user's notebook.
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to the server for messages; what programs print must not get into them."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return incoming, outgoing


def _limit_memory(limit_bytes: int) -> None:
    if limit_bytes <= 0 or sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def _listen(incoming: BinaryIO, inbox: Inbox) -> None:
    """Pass messages on; the end of the input is the end of this process."""
    while True:
        frame = read_frame(incoming)
        if frame is None:
            os._exit(0)
        inbox.put(frame)


def main() -> None:
    """Serve one role until the server ends."""
    _die_with_parent()
    incoming, outgoing = _take_pipes()
    setup = read_frame(incoming)
    if setup is None:
        return
    config = setup[0]
    sys.path[:] = config["sys_path"]
    checking = config["role"] == "check"
    around = Surroundings.from_json(config)
    limits = around.limits
    _limit_memory(limits.check_memory_bytes if checking else limits.job_memory_bytes)
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, inbox), daemon=True).start()
    # Imported here, after the limits and with the listener running: this takes a second.
    from runtime_widgets.server.work import serving

    serving.warm_up(around, checking=checking)
    write_frame(outgoing, {"kind": "ready"})
    serve_one = serving.check_one if checking else serving.run_one
    while True:
        header, blob = inbox.get()
        serve_one(header, blob, around, outgoing, inbox.get)


if __name__ == "__main__":
    main()
