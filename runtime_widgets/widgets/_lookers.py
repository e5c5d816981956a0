"""Lookers: what each page has on its screen, and which pages are there no more."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from runtime_widgets._clock import CLOCK, Clock
from runtime_widgets.widgets._rest import rest

__all__ = ["SILENT_S", "Lookers"]

MOST_PAGES = 8
"""So many pages are noted at most; the latest are kept."""

SILENT_S = 200.0
"""A page that is seen says so each minute (js/src/model-host.ts); after so long it is lost."""


@dataclass(frozen=True)
class _Look:
    job_ids: frozenset[str]
    hidden: bool
    at: float


class Lookers:
    """The pages that show a view. Whoever uses it holds the view's lock.

    A page that crashed, whose network went, or whose laptop was closed never says that it is
    gone. It is taken to be when it is silent while another page of the view has spoken, or while
    no cell has run: a kernel that is busy with one may hear none of them, where the front-end
    has no channel past that. Whoever is lost counts again with the next word.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    rests_s : callable
        Returns for how long no cell has run, in seconds.
    """

    def __init__(self, clock: Clock = CLOCK, rests_s: Callable[[], float] = rest.lasts_s) -> None:
        self._clock = clock
        self._rests_s = rests_s
        self._looks: dict[int, _Look] = {}
        self._begun = clock.monotonic()

    def __len__(self) -> int:
        return len(self._looks)

    @property
    def hidden(self) -> bool:
        """Whether none of them is seen. Where none has said anything it is taken to be."""
        return bool(self._looks) and all(look.hidden for look in self._looks.values())

    @property
    def doubtful(self) -> bool:
        """Whether a page that is seen may turn out to be lost."""
        return not self.hidden

    def job_ids(self) -> frozenset[str] | None:
        """Return what is on any screen; None where no page has said anything."""
        if not self._looks:
            return None
        return frozenset().union(*(look.job_ids for look in self._looks.values()))

    def say(self, page: int, job_ids: Collection[str], *, hidden: bool) -> None:
        """Take in what a page says."""
        self._looks.pop(page, None)
        ids = frozenset() if hidden else frozenset(job_ids)
        self._looks[page] = _Look(ids, hidden, self._clock.monotonic())
        while len(self._looks) > MOST_PAGES:
            del self._looks[next(iter(self._looks))]

    def forget_lost(self) -> None:
        """Count no page any more that is lost, and a view that no page shows as seen."""
        latest = max((look.at for look in self._looks.values()), default=0.0)
        since = self._clock.monotonic() - SILENT_S
        rests = self._rests_s() >= SILENT_S
        for page, look in self._looks.items():
            if look.at <= since and (rests or look.at < latest):
                self._looks[page] = replace(look, job_ids=frozenset(), hidden=True)
        if not self._looks and rests and self._begun <= since:
            self.say(0, (), hidden=True)
