"""The courier: gathers what is to be sent."""

from __future__ import annotations

import threading

from runtime_widgets.widgets import _courier
from runtime_widgets.widgets._courier import _Courier


class Parcel:
    def __init__(self, courier=None):
        self.delivered = threading.Semaphore(0)
        self.count = 0

    def deliver(self):
        self.count += 1
        self.delivered.release()


def test_parcels_are_gathered_and_one_that_raises_stops_no_other(monkeypatch, caplog):
    monkeypatch.setattr(_courier, "INTERVAL_S", 0.2)

    class Bad(Parcel):
        def deliver(self):
            super().deliver()
            raise RuntimeError("mine")

    courier = _Courier()
    bad, good = Bad(), Parcel()
    courier.post(bad)
    courier.post(good)
    assert bad.delivered.acquire(timeout=20)
    assert good.delivered.acquire(timeout=20)
    for _ in range(1000):
        courier.post(good)
    assert good.delivered.acquire(timeout=20)
    assert good.count <= 4
    assert "mine" in caplog.text


def test_a_parcel_for_later_is_delivered_and_does_not_hold_up_the_others():
    courier = _Courier()
    late, now = Parcel(), Parcel()
    courier.post_later(late, 0.05)
    courier.post_later(Parcel(), 1000.0)
    courier.post(now)
    assert now.delivered.acquire(timeout=20)
    assert late.delivered.acquire(timeout=20)
