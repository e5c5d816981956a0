"""Rest: for how long the kernel has been free to hear its pages, because no cell runs."""

from __future__ import annotations

from typing import Any

from runtime_widgets._clock import CLOCK, Clock

__all__ = ["Rest", "rest"]


class Rest:
    """Hears of cells that begin and end, where the kernel is IPython's.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    """

    def __init__(self, clock: Clock = CLOCK) -> None:
        self._clock = clock
        self._listens: Any = None
        self._since: float | None = None

    def listen(self) -> None:
        """Begin to hear of cells; called in one, as a rule."""
        import IPython.core.getipython as ipython

        shell = ipython.get_ipython()
        if shell is not None and self._listens is not shell:
            self._listens = shell
            shell.events.register("pre_run_cell", self._begins)
            shell.events.register("post_run_cell", self._ends)

    def lasts_s(self) -> float:
        """Return for how long no cell has run, in seconds; nothing where that is not known."""
        since = self._since
        return 0.0 if since is None else self._clock.monotonic() - since

    def _begins(self, _info: Any) -> None:
        self._since = None

    def _ends(self, _result: Any) -> None:
        self._since = self._clock.monotonic()


rest = Rest()
"""That of this kernel."""
