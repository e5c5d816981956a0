"""PageMemory: a page that came again byte by byte is not read again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Generic, TypeVar

__all__ = ["PageMemory"]

T = TypeVar("T")

_MOST = 128
"""So many pages are kept: 25,600 jobs."""


class PageMemory(Generic[T]):
    """What pages of a list held when they were read last. For one thread.

    Thousands of jobs that wait are thousands of rows that say what they said half a minute
    ago. To see that of a page takes a tenth of a millisecond; to read it again takes ten.
    """

    def __init__(self) -> None:
        self._pages: dict[Hashable, tuple[bytes, T]] = {}

    def read(self, page: Hashable, content: bytes, read: Callable[[], T]) -> T:
        """Return what a page holds: the very same object as before, if it is the same.

        Parameters
        ----------
        page : hashable
            Which page it is.
        content : bytes
            What came.
        read : callable
            Reads it.
        """
        digest = blake2b(content, digest_size=16).digest()
        known = self._pages.pop(page, None)
        if known is None or known[0] != digest:
            known = digest, read()
        # At the end, so that what was asked for longest ago is let go first.
        self._pages[page] = known
        while len(self._pages) > _MOST:
            del self._pages[next(iter(self._pages))]
        return known[1]
