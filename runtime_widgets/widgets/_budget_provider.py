"""The budgets that guard what a view shows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from runtime_widgets.budget import Budget, on_budget, open_budgets

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["provide_budgets"]


def provide_budgets(view: LiveView) -> Callable[[], None]:
    """Keep ``context.budgets`` of a view: of its jobs, and of its services. Nothing is asked."""
    shown: dict[int, Budget] = {}
    """Kept: a budget that nobody else holds is done, and still says what became of it."""

    def look(_job_ids: Collection[str] = ()) -> None:
        for budget in open_budgets():
            if id(budget) not in shown and _concerns(budget, view):
                shown[id(budget)] = budget
        for key in [key for key, budget in shown.items() if budget.closed]:
            del shown[key]
        ahead = {tracker: tracker.client.clock_ahead_s() for tracker in view.trackers()}
        view.around(
            "budgets",
            [
                budget.info(next((ahead[t] for t in budget.trackers if t in ahead), 0.0))
                for budget in shown.values()
            ],
        )

    look()
    stops = [view.on_news(look), on_budget(lambda _budget: view.wake())]

    def stop() -> None:
        for each in stops:
            each()

    return stop


def _concerns(budget: Budget, view: LiveView) -> bool:
    """Whether a budget is about what a view shows: one of its jobs, or a whole service of it."""
    here = budget.trackers.intersection(view.trackers())
    if not here:
        return False
    if budget.of_instance or any(view.job(job.job_id()) is not None for job in budget.jobs):
        return True
    # That of a session, which may have no job yet, concerns who watches the whole account.
    return not budget.of_jobs and any(view.follows_account(tracker) for tracker in here)
