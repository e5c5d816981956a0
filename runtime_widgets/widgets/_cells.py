"""Which cards are still somewhere in a notebook.

A bare ``job`` at the end of a cell makes a card that no variable holds. Its cell may run a
hundred times, and each time the page throws the old card away and tells nobody. What can be
known is how many views of it the page has, and in which cell it was shown: a card without a
view, whose cell has been run again or shows other cards, is in no notebook any more. One
without a view whose cell has neither is kept: a notebook that was closed looks the same, and
will want it back.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from runtime_widgets.widgets._courier import Call, post_later

if TYPE_CHECKING:
    from runtime_widgets.widgets.card import JobCard

__all__ = ["Cell", "Cells", "cell_now", "cells"]

GRACE_S = 10.0
"""A notebook that is being closed lets go of one card after the other."""

Cell = tuple[str, str]
"""The id of a cell, and of the request that runs it."""


def cell_now() -> Cell | None:
    """Return the cell that is running, where the front-end names it; else None."""
    import IPython.core.getipython as ipython

    parent: Any = getattr(ipython.get_ipython(), "get_parent", dict)()
    try:
        return str(parent["metadata"]["cellId"]), str(parent["header"]["msg_id"])
    except (KeyError, TypeError):
        return None


class Cells:
    """The cards that were shown in cells, and that nobody else holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cards: defaultdict[str, dict[JobCard, str]] = defaultdict(dict)
        self._latest: dict[str, str] = {}
        self._listens: Any = None

    def show(self, card: JobCard, cell: Cell) -> None:
        """Note that a card is shown in a cell."""
        self._listen()
        with self._lock:
            self._cards[cell[0]][card] = cell[1]
            self._latest[cell[0]] = cell[1]
        card.observe(self._counted, "_view_count")

    def run(self, cell: Cell | None) -> None:
        """Note that a cell is run again: its old cards are thrown away, if they are there."""
        if cell is None or cell[0] not in self._latest:
            return
        with self._lock:
            self._latest[cell[0]] = cell[1]
            cards = list(self._cards[cell[0]])
        for card in cards:
            if not card.views:
                post_later(Call(partial(self.check, card, cell[0])), GRACE_S)

    def forget(self, card: JobCard) -> None:
        """Note that a card is closed."""
        with self._lock:
            for name, cards in list(self._cards.items()):
                cards.pop(card, None)
                if not cards:
                    del self._cards[name]
                    self._latest.pop(name, None)

    def check(self, card: JobCard, name: str) -> None:
        """Close a card if it is in no notebook any more."""
        with self._lock:
            cards = dict(self._cards.get(name, {}))
            latest = self._latest.get(name)
        if card not in cards or card.views:
            return
        if cards[card] != latest or any(other.views for other in cards):
            card.close()

    def _counted(self, change: Any) -> None:
        card = change["owner"]
        if card.views:
            return
        with self._lock:
            names = [name for name, cards in self._cards.items() if card in cards]
        for name in names:
            post_later(Call(partial(self.check, card, name)), GRACE_S)

    def _listen(self) -> None:
        """Hear of each cell that begins, from now on."""
        import IPython.core.getipython as ipython

        shell = ipython.get_ipython()
        if shell is not None and self._listens is not shell:
            self._listens = shell
            shell.events.register("pre_run_cell", self._begins)

    def _begins(self, _info: Any) -> None:
        self.run(cell_now())


cells = Cells()
"""Those of this kernel."""
