"""The measured speeds of the devices, kept in the store."""

from __future__ import annotations

from runtime_widgets.server.estimates import EMPTY, Measured, predict, updated
from runtime_widgets.server.store import Store

__all__ = ["Speeds"]


class Speeds:
    """What was measured for each device, program and quantity (`execution`, `occupied`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str, str], Measured] = {
            (row["device"], row["program"], row["quantity"]): Measured.from_sums(
                row["jobs"], row["sums"]
            )
            for row in store.measurements()
        }

    def learn(self, device: str, program: str, quantity: str, work: float, seconds: float) -> None:
        """Add one finished job."""
        key = (device, program, quantity)
        measured = updated(self._known.get(key, EMPTY), work, seconds)
        self._known[key] = measured
        names = dict(zip(("device", "program", "quantity"), key, strict=True))
        self._store.put_measurement({**names, "jobs": measured.jobs, "sums": measured.sums()})

    def occupied(self, device: str, program: str, work: float) -> float | None:
        """Return how long a job is expected to hold its device, in seconds."""
        return predict(self._known.get((device, program, "occupied"), EMPTY), work)

    def execution(self, device: str, program: str, work: float) -> tuple[float | None, str | None]:
        """Return the expected execution in seconds, and what that is based on."""
        measured = self._known.get((device, program, "execution"), EMPTY)
        seconds = predict(measured, work)
        if seconds is None:
            return None, None
        jobs = "1 job" if measured.jobs == 1 else f"{measured.jobs} jobs"
        return seconds, f"measured: {jobs} of {program} on {device}"
