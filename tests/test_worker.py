"""The one thread of a tracker: it ends when there is nothing to learn, and loses nothing by it."""

from __future__ import annotations

import threading

from runtime_widgets import _worker
from runtime_widgets._allowance import Allowance
from runtime_widgets._clock import CLOCK


def test_what_a_last_thread_takes_down_is_put_up_by_the_next(monkeypatch):
    """Somebody follows a job in the very moment in which the thread ends."""
    monkeypatch.setattr(_worker, "IDLE_S", 0.02)
    clock = CLOCK
    happened: list[str] = []
    began = threading.Event()

    def retired() -> None:
        if not began.is_set():
            worker.do(lambda: (happened.append("up"), began.set()))
            # A next thread, if there could be one already, would be quicker.
            began.wait(0.3)
        happened.append("down")

    worker = _worker.Worker(
        clock,
        Allowance(600, clock.monotonic),
        look=lambda: iter(()),
        woke=lambda: None,
        retired=retired,
        waiting=lambda _wait_s: None,
    )
    worker.do(lambda: None)
    assert began.wait(10)
    worker.end()
    worker.join()
    assert happened[:2] == ["down", "up"]
