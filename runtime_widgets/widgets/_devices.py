"""The devices of the jobs that a view shows, as their services last told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from runtime_widgets.messages import DeviceInfo
from runtime_widgets.wire import BackendRecord

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["provide_devices"]


def provide_devices(view: LiveView) -> Callable[[], None]:
    """Keep ``context.devices`` of a view as its trackers know them. Nothing is asked for."""
    told: dict[str, tuple[BackendRecord, float, bool]] = {}

    def look(_job_ids: Collection[str] = ()) -> None:
        found = {
            name: (device, tracker.client.clock_ahead_s(), tracker.client.params.is_local)
            for tracker, name in view.devices()
            if (device := tracker.device(name)) is not None
        }
        if found != told:
            told.clear()
            told.update(found)
            view.around("devices", [_info_of(*found[name]) for name in sorted(found)])

    look()
    return view.on_news(look)


def _info_of(device: BackendRecord, ahead_s: float, places: bool) -> DeviceInfo:
    """Return a device as a page is told of it; `ahead_s` is how far the server's clock is.

    `places`: whether its server tells each job its place in the queue.
    """
    # Of a server that tells each job its place, and when it begins, that is the better word:
    # how long its queues are is asked for rarely, and would stand beside it as if it were as new.
    return DeviceInfo(
        name=device.name,
        status=device.status,
        message=device.message,
        simulator=device.simulator,
        qubits=device.num_qubits,
        queue=None if places else device.queue_length,
        wait_p50_s=None if places else device.wait_p50_s,
        wait_p95_s=None if places else device.wait_p95_s,
        as_of=None if device.as_of is None else device.as_of.timestamp() + ahead_s,
    )
