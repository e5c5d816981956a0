"""What a page is sent before its first card is there: little, and nothing of a monitor's."""

from __future__ import annotations

import gzip

import pytest

from runtime_widgets.widgets._assets import STUB, _manifest, chunk

FIRST_CARD_BYTES = 40_000


def source(view: str) -> str:
    """Return all the code that a page is sent for a view."""
    return "".join(gzip.decompress(chunk(name)[1]).decode() for name in _manifest()[view])


def test_what_the_first_card_sends_is_small() -> None:
    sent = [gzip.compress(STUB.read_bytes(), 9)]
    sent += [chunk(name)[1] for name in _manifest()["card"]]
    assert 0 < sum(map(len, sent)) <= FIRST_CARD_BYTES


@pytest.mark.parametrize(
    "kept_by_minifying",
    ["rw-budget", "rw-sessions", "rw-search", "columnVisibility", "getTotalSize"],
)
def test_a_card_brings_nothing_that_only_a_monitor_needs(kept_by_minifying: str) -> None:
    assert kept_by_minifying in source("monitor")
    assert kept_by_minifying not in source("card")


def test_the_stub_holds_no_view() -> None:
    """It is in the state of every view of a notebook."""
    assert len(STUB.read_bytes()) <= 4096
    assert b"rw-badge" not in STUB.read_bytes()


def test_every_view_is_in_the_bundle_and_shares_what_a_card_has() -> None:
    manifest = _manifest()
    assert {"card", "monitor"} <= manifest.keys()
    assert len(set(manifest["card"]) & set(manifest["monitor"])) > 0
    for needed in manifest.values():
        assert len(set(needed)) == len(needed)
