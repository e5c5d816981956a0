"""DeviceWatch: the devices' queues, where that is all that is known of a wait."""

from __future__ import annotations

from collections.abc import Callable, Generator

from runtime_widgets._following import Followed
from runtime_widgets._health import concerns_all
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError
from runtime_widgets.wire import BackendRecord

__all__ = ["DeviceWatch"]

_AGE_S = 60.0
_AGAIN_S = 5.0
"""After an outage: not at once, or jobs would never be asked for where only this fails."""


class DeviceWatch:
    """Reads all devices, in one request: at first, and then once a minute where it helps.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(self, client: RuntimeClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._as_of: float | None = None
        self.devices: dict[str, BackendRecord] = {}
        """By name, as they were read last."""

    @property
    def never_read(self) -> bool:
        """Whether nothing was asked for yet."""
        return self._as_of is None

    def read(self, jobs: list[Followed]) -> Generator[None, None, bool]:
        """Read them if one of these jobs is on an unknown one, or waits and nobody says where.

        Stops before its request; returns whether they were read.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        if self._as_of is not None and self._clock() - self._as_of < _AGE_S:
            return False
        if self._as_of is not None and not any(map(self._helps, jobs)):
            return False
        self._as_of = self._clock()
        yield
        try:
            self.devices.update({d.name: d for d in self._client.backends()})
        except IBMApiError as exc:
            # A device's queue is a help, and no reason to lose sight of the jobs.
            if concerns_all(exc):
                if not self.devices:
                    # So that jobs are not long without what decides how their work is called.
                    self._as_of -= _AGE_S - _AGAIN_S
                raise
            return False
        return True

    def _helps(self, followed: Followed) -> bool:
        record = followed.state.record
        if record is None:
            return False
        if record.backend and record.backend not in self.devices:
            return True
        return record.state.key == "queued" and record.position is None
