"""A forked process starts over: threads do not come along, and two must not share a socket.

``multiprocessing`` forks where Python is older than 3.14 and not on a Mac: a pool of processes
which use the service of their parent is such a case.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["renew_after_fork"]


class _Renewable(Protocol):
    def renew(self) -> None: ...


_known: WeakSet[_Renewable] = WeakSet()


def renew_after_fork(thing: _Renewable) -> None:
    """Have ``thing.renew()`` called in every process that is forked from this one."""
    _known.add(thing)


def _renew() -> None:
    for thing in list(_known):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
