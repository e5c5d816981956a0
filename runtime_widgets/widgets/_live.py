"""LiveView: what all views have in common, whatever they show."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import anywidget
from traitlets import Any as AnyTrait
from traitlets import List, Unicode, default

from runtime_widgets._attention import Attention
from runtime_widgets._listeners import Listeners
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import Health, View
from runtime_widgets.tracker import Tracker, TrackerHealth, tracker_of
from runtime_widgets.widgets import _control
from runtime_widgets.widgets._around import Around
from runtime_widgets.widgets._assets import chunk, chunks, stub
from runtime_widgets.widgets._courier import Call, post, post_later
from runtime_widgets.widgets._hearing import health_of, is_news
from runtime_widgets.widgets._lookers import SILENT_S, Lookers
from runtime_widgets.widgets._providers import PROVIDERS
from runtime_widgets.widgets._requests import take
from runtime_widgets.widgets._rest import rest

__all__ = ["LiveView"]

SETTLE_S = (1.0, 4.0)
"""When a new view sends its snapshot again, in seconds, if something has changed.

A message that comes before the page has loaded the view is heard by nobody; the state of
its model is kept. Without this a job that ends in that moment would look queued for ever.
"""

SETTLE_LARGE_S = (4.0, 12.0)
"""The same for a large table, where no page has said by then what it has had."""

LESS_S = 3.0
"""How long after a page was seen to have a large table its model is brought down, in seconds."""


def _to_json(_value: Any, view: LiveView) -> dict[str, Any]:
    """Make the snapshot when a page asks for the state: when shown, and after a reload."""
    return view.snapshot()


class LiveView(anywidget.AnyWidget):
    """A view of what trackers know. It is kept up to date while it is open.

    What a page gets is a snapshot, and from then on only what changed: ten messages a second
    at most, sent from the courier's thread. :meth:`close` ends that.

    Parameters
    ----------
    view : str
        What the page is to mount.
    label : str
        The view's accessible name.
    services : iterable of QiskitRuntimeService
        Services that it is about, beside those of its jobs.
    **more
        Traits of :class:`ipywidgets.DOMWidget`, such as ``layout``.
    """

    _tells_looks = True
    """Whether a page hears of each look, and what it cost; of trouble it always does."""

    # A trait and no path: anywidget keeps each widget that was ever made for the sake of its file.
    _esm = Unicode(help="The small module that loads the rest.").tag(sync=True)
    _view = Unicode("", help="Which view the page is to mount.").tag(sync=True)
    _label = Unicode("", help="The view's accessible name.").tag(sync=True)
    _view_id = Unicode("", help="How a page names this view to the kernel.").tag(sync=True)
    _chunks: List[Any] = List(
        help="Where the page finds the view's code, in the order of need."
    ).tag(sync=True)
    _snapshot = AnyTrait(help="What is shown; made when it is asked for.").tag(
        sync=True, to_json=_to_json
    )

    @default("_esm")
    def _stub(self) -> str:
        return stub()

    def __init__(
        self, *, view: View, label: str, services: Iterable[Any] = (), **more: Any
    ) -> None:
        self._begin()
        for service in services:
            self._serve(service)
        self._stops += [provider(self) for provider in PROVIDERS[view]]
        code = chunks(view)
        more |= {"_view": view, "_label": label, "_chunks": code, "_view_id": uuid.uuid4().hex}
        super().__init__(**more)
        self._live = True
        # What came while the view was being made is not in its first snapshot.
        post(self)
        self.on_msg(self._heard)
        _control.register(self._view_id, self)
        for delay_s in SETTLE_LARGE_S if self._is_large() else SETTLE_S:
            post_later(Call(self.send_again), delay_s)
        rest.listen()
        post_later(Call(self.forget_lost), SILENT_S)

    def _begin(self) -> None:
        """Make what the view needs before anything is shown; once."""
        if hasattr(self, "_lock"):
            return
        self._lock = threading.RLock()
        self._seq = 0
        self._snapshot_seq = 0
        self._keeps_all = False
        self._is_keeping = False
        self._live = False
        self._trackers: dict[Tracker, Callable[[], None]] = {}
        self._uses: Counter[Tracker] = Counter()
        self._attentions: dict[Tracker, Attention] = {}
        self._services: dict[int, Any] = {}
        self._accounts: set[Tracker] = set()
        self._around = Around()
        self._news: Listeners[Collection[str]] = Listeners("view's")
        self._stops: list[Callable[[], None]] = []
        self._sent_health: Health | None = None
        self._told_health = False
        self._lookers = Lookers()
        self._doubts = True
        """Whether it is going to be seen which pages are lost."""
        self._listens = False
        """Whether a page has said which message it had last."""
        self.hidden = False
        """Whether the page says that nobody can see the view now."""

    # what providers use; from any thread

    def around(self, name: str, value: Any) -> None:
        """Tell of what is around the rows.

        Parameters
        ----------
        name : str
            A member of :class:`~runtime_widgets.messages.Context`.
        value : list or record
            What it is now: all of it. What a page knows already is not sent.
        """
        if self._around.set(name, value) and self._live:
            post(self)

    def on_news(self, listener: Callable[[Collection[str]], Any]) -> Callable[[], None]:
        """Call `listener` with the ids of the rows that changed, came or went; return the undo.

        On the courier's thread, ten times a second at most; with none where something else is
        new, such as how well a service is heard.
        """
        return self._news.add(listener)

    def wake(self) -> None:
        """Have the listeners of :meth:`on_news` called soon, with no ids."""
        self._told_health = True
        if self._live:
            post(self)

    def follows_account(self, tracker: Tracker) -> bool:
        """Say whether it is about all of a service, and not only about some jobs of it."""
        return tracker in self._accounts

    def trackers(self) -> list[Tracker]:
        """Return who keeps the view up to date: one for each service."""
        with self._lock:
            return list(self._trackers)

    def services(self) -> list[Any]:
        """Return the services of all that is shown."""
        with self._lock:
            return list(self._services.values())

    def job(self, job_id: str) -> RuntimeJob | None:
        """Return the job of that id, if this view shows it."""
        del job_id
        return None

    def devices(self) -> Iterator[tuple[Tracker, str]]:
        """Yield the devices that the rows name, each with who knows it."""
        return iter(())

    # what is sent

    def snapshot(self) -> dict[str, Any]:
        """Return everything that the page shows, as JSON: a :class:`Snapshot`."""
        with self._lock:
            self._snapshot_seq = self._seq
            self._keeps_all = not self._is_keeping
            return {
                "kind": "snapshot",
                "seq": self._seq,
                **self._whole(),
                "health": asdict(self._health()),
                "context": self._around.whole(),
            }

    def deliver(self) -> None:
        """Send what has changed. Called by the courier."""
        with self._lock:
            if not self._live:
                return
            news, ids = self._changes()
            told, self._told_health = self._told_health, False
        if ids or told:
            # Before the message, so that what they have to say leaves in the same one.
            self._news.tell(ids)
        with self._lock:
            if self._live:
                self._send_changes(news)

    def _send_changes(self, news: dict[str, Any] | None) -> None:
        health, context = self._health(), self._around.take()
        quiet = news is not None and not any(news.values()) and not context
        if quiet and not is_news(self._sent_health, health):
            return
        self._sent_health = health
        self._seq += 1
        # Under the lock, so that messages leave in the order of their numbers.
        if news is None:
            self.send_state("_snapshot")
            return
        more = {"health": asdict(health), "context": context}
        self.send({"kind": "changes", "seq": self._seq, **news, **more})

    def _whole(self) -> dict[str, Any]:
        """Return all rows: ``jobs`` and ``table`` of a :class:`Snapshot`."""
        return {"jobs": [], "table": None, "left_out": 0}

    def _is_large(self) -> bool:
        """Whether a notebook should not keep all of it."""
        return False

    def _changes(self) -> tuple[dict[str, Any] | None, Collection[str]]:
        """Return what changed: ``jobs`` and ``gone`` of :class:`Changes`, and whose ids.

        None for the former where all is better sent anew.
        """
        return {"jobs": [], "gone": []}, ()

    def resync(self) -> None:
        """Send everything to a page that has missed something. From any thread."""
        with self._lock:
            if self._live:
                self.send_state("_snapshot")
        self._keep_less()

    def _keep_less(self) -> None:
        """Have the page's model, and with it a saved notebook, hold a part of a large table.

        Called when a page is known to have read all of it.
        """
        if self._keeps_all and self._is_large():
            post_later(Call(self.send_less), LESS_S)

    def send_less(self) -> None:
        """Bring the model down to what a notebook should keep."""
        with self._lock:
            if self._live and self._keeps_all and self._is_large():
                self._is_keeping = True
                try:
                    self.send_state("_snapshot")
                finally:
                    self._is_keeping = False

    def _send_number(self) -> None:
        """Send the next message though nothing is new: who has missed one sees the gap."""
        self._sent_health = None
        if self._live:
            post(self)

    def send_again(self) -> None:
        """Bring the model in the page up to date, in case nobody heard the first messages."""
        with self._lock:
            if self._live and not self._listens and self._snapshot_seq != self._seq:
                self.send_state("_snapshot")

    # services

    def _serve(self, service: Any) -> None:
        """Begin to show something of a service."""
        with self._lock:
            self._services[id(service)] = service
            self._accounts.add(tracker_of(service.client))
        self._watch(tracker_of(service.client))

    def _watch(self, tracker: Tracker) -> None:
        """Begin to show one thing more of what a tracker knows."""
        with self._lock:
            self._uses[tracker] += 1
            if tracker not in self._trackers:
                self._trackers[tracker] = tracker.on_health(self._health_changed)
                self._attentions[tracker] = tracker.attend()

    def _unwatch(self, tracker: Tracker) -> None:
        """Undo one :meth:`_watch`."""
        with self._lock:
            self._uses[tracker] -= 1
            if self._uses[tracker] > 0:
                return
            del self._uses[tracker]
            self._trackers.pop(tracker)()
            self._attentions.pop(tracker).close()

    def _health_changed(self, _health: TrackerHealth) -> None:
        """Note it. On a tracker's thread: quick, and nothing is sent here."""
        self._told_health = True
        if self._live:
            post(self)

    def _health(self) -> Health:
        return health_of(list(self._trackers), tells_looks=self._tells_looks)

    # what a page says

    def selected_in_page(self, job_ids: list[str]) -> None:
        """Take in which jobs its user has selected."""

    def deleted(self, job_ids: list[str]) -> None:
        """Take in which jobs its user has deleted."""

    def looked_at(
        self,
        job_ids: Collection[str],
        *,
        hidden: bool,
        page: int = 0,
        seq: int | None = None,
    ) -> None:
        """Take in which rows are on the screen of a page, and whether anybody sees it.

        `seq` is the number of the last message that it had then.
        """
        with self._lock:
            self._lookers.say(page, job_ids, hidden=hidden)
            if seq is not None:
                self._listens = True
                if seq < self._seq:
                    self._send_number()
        self._look_again()
        self._keep_less()

    def forget_lost(self) -> None:
        """Count no page any more that was lost. Called by the courier."""
        with self._lock:
            self._doubts = False
            self._lookers.forget_lost()
            live = self._live
        if live:
            self._look_again()

    def _look_again(self) -> None:
        """Have only that asked for which somebody sees now."""
        with self._lock:
            changed, self.hidden = self.hidden != self._lookers.hidden, self._lookers.hidden
            doubts, self._doubts = self._doubts, self._doubts or self._lookers.doubtful
        if self._doubts and not doubts:
            post_later(Call(self.forget_lost), SILENT_S)
        self._aim()
        for attention in list(self._attentions.values()):
            attention.hide(self.hidden)
        if changed:
            self.wake()

    def _aim(self) -> None:
        """Tell each tracker which of its jobs are on the screen."""

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Take what the page says on the view's own channel, which waits for a running cell."""
        if not isinstance(content, Mapping):
            return
        if content.get("kind") == "asset":
            self._send_code(content)
        else:
            take(content, self, self.send)

    def _send_code(self, content: Mapping[str, Any]) -> None:
        """Send a file of the bundle to a page that cannot have the model that holds it."""
        try:
            _, gz = chunk(str(content.get("name")))
        except KeyError:
            return
        self.send({"kind": "asset", "id": content.get("id")}, buffers=[gz])

    def close(self) -> None:
        """Close the view, and lose interest in what it shows."""
        self._live = False
        # ipywidgets closes what is collected, even what was never made to its end.
        if hasattr(self, "_uses"):
            while self._stops:
                self._stops.pop()()
            for tracker in list(self._uses.elements()):
                self._unwatch(tracker)
        super().close()
