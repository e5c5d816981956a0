"""Batch: independent jobs on one device, submitted together."""

from __future__ import annotations

from runtime_widgets.session import Session

__all__ = ["Batch"]


class Batch(Session):
    """A batch: while it is active its jobs come before others', but the device is not held.

    In all else, and in its parameters, it is as a :class:`Session` is::

        with Batch(backend) as batch:
            sampler = SamplerV2(mode=batch)
            jobs = [sampler.run([circuit]) for circuit in circuits]
    """

    _mode = "batch"
