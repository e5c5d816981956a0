"""The instances that an account may use: found by IBM's account search, and chosen from.

The requests are those of ``qiskit-ibm-runtime`` 0.51 (``accounts/account.py`` there).
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from runtime_widgets import _urls
from runtime_widgets._clock import Clock
from runtime_widgets.accounts import Account
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMAccountError, IBMAnswerError, IBMApiError

__all__ = ["InstanceRecord", "choose", "find", "known"]

FRESH_S = 600.0
"""An account's instances are looked up again after so many seconds."""

_FIELDS = ["crn", "service_plan_unique_id", "name", "doc", "tags"]
_MOST_PAGES = 50
_UNKNOWN = "unknown"
_CHEAPEST_FIRST = ("free", "trial", "paygo", "paid", "subscription", _UNKNOWN)


@dataclass(frozen=True)
class InstanceRecord:
    """One instance of the service, as the account search has it.

    `plan` and `pricing` are lower-case words of the catalogue, such as ``"open"`` and
    ``"free"``; ``"unknown"`` where it does not say.
    """

    crn: str
    name: str = ""
    plan: str = _UNKNOWN
    pricing: str = _UNKNOWN
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name or 'without a name'} ({self.plan}, {self.crn})"

    def to_json(self) -> dict[str, Any]:
        """Return it as upstream's ``instances()`` does."""
        return {
            "crn": self.crn,
            "plan": self.plan,
            "name": self.name,
            "tags": list(self.tags),
            "pricing_type": self.pricing,
        }


@dataclass(frozen=True)
class _Found:
    """What a search found, and when, by both clocks."""

    records: tuple[InstanceRecord, ...]
    monotonic: float
    wall: float

    def is_fresh(self, clock: Clock) -> bool:
        age_s = max(clock.monotonic() - self.monotonic, clock.wall() - self.wall)
        return age_s < FRESH_S


_kept: dict[str, _Found] = {}
_searching: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""One search of an account at a time; another account need not wait for it."""


def find(client: RuntimeClient, *, refresh: bool = False) -> list[InstanceRecord]:
    """Return the instances that a client's account may use; known ones for ten minutes.

    Parameters
    ----------
    client : RuntimeClient
        Whose account; its instance does not matter.
    refresh : bool
        Search again.

    Raises
    ------
    IBMApiError
        If the search cannot be made.
    """
    key = _key(client)
    with _searching[key]:
        found = _kept.get(key)
        if refresh or found is None or not found.is_fresh(client.clock):
            records = tuple(_search(client, _urls.search_url(client.params.url)))
            found = _Found(records, client.clock.monotonic(), client.clock.wall())
            _kept[key] = found
    return list(found.records)


def known(client: RuntimeClient) -> list[InstanceRecord]:
    """Return the instances that a search has found, without one; none if there was none."""
    found = _kept.get(_key(client))
    return list(found.records) if found is not None else []


def _key(client: RuntimeClient) -> str:
    url = _urls.search_url(client.params.url)
    return hashlib.sha256(f"{url}\n{client.params.token}".encode()).hexdigest()


def choose(client: RuntimeClient, account: Account) -> InstanceRecord:
    """Find the account's instances, and choose the one that is meant; see :func:`chosen`.

    One that is not among those that were known may be new: it is searched for once more.
    """
    before = _kept.get(_key(client))
    try:
        return chosen(find(client), account)
    except IBMAccountError:
        if _kept.get(_key(client)) is not before:
            raise  # that was searched for just now
    return chosen(find(client, refresh=True), account)


def chosen(records: Iterable[InstanceRecord], account: Account) -> InstanceRecord:
    """Choose the instance that an account means by a name, or leaves to us.

    Raises
    ------
    IBMAccountError
        If there is none, or there are several of the name: which of them pays is not for
        us to say.
    """
    records = list(records)
    name = account.instance if account.instance not in (None, "", "auto") else None
    fitting = [r for r in records if _fits(r, account) and name in (None, r.name)]
    if not fitting:
        there = "; ".join(map(str, records)) or "none"
        wish = f"named {name!r} " if name else ""
        msg = f"The account has no instance {wish}that fits. It has: {there}."
        raise IBMAccountError(msg)
    if name and len(fitting) > 1:
        crns = ", ".join(r.crn for r in fitting)
        msg = f"The account has {len(fitting)} instances named {name!r}; give a CRN: {crns}."
        raise IBMAccountError(msg)
    plans = [p.lower() for p in account.plans_preference]
    return min(fitting, key=lambda r: plans.index(r.plan) if plans else _price(r))


def _price(record: InstanceRecord) -> int:
    kinds = _CHEAPEST_FIRST
    return kinds.index(record.pricing) if record.pricing in kinds else len(kinds)


def _fits(record: InstanceRecord, account: Account) -> bool:
    tags = {t.lower() for t in record.tags}
    plans = {p.lower() for p in account.plans_preference}
    return (
        account.region in (None, _urls.region_of(record.crn))
        and (not plans or record.plan in plans)
        and {t.lower() for t in account.tags} <= tags
    )


def _search(client: RuntimeClient, url: str) -> list[InstanceRecord]:
    found: list[InstanceRecord] = []
    plans: dict[str, tuple[str, str]] = {}
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        body = {"query": "service_name:quantum-computing", "fields": _FIELDS}
        page = client.elsewhere(
            "POST",
            f"{url}/v3/resources/search",
            name="POST /v3/resources/search",
            params={"limit": 100},
            json={**body, "search_cursor": cursor} if cursor else body,
        )
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list):
            msg = "The account search gave no list of instances."
            raise IBMAnswerError(msg, request="POST /v3/resources/search")
        found += [record for item in items if (record := _record(client, item, plans)) is not None]
        following = page.get("search_cursor")
        if not following or following == cursor or not items:
            break
        cursor = str(following)
    return found


def _record(
    client: RuntimeClient, item: Any, plans: dict[str, tuple[str, str]]
) -> InstanceRecord | None:
    """Read one hit; None for what is no instance, or may use no device."""
    if not isinstance(item, dict) or not _urls.is_crn(item.get("crn")):
        return None
    doc = item.get("doc")
    if not isinstance(doc, dict) or not doc.get("extensions"):
        return None
    plan_id = str(item.get("service_plan_unique_id") or "")
    if plan_id not in plans:
        plans[plan_id] = _plan(client, plan_id)
    plan, pricing = plans[plan_id]
    tags = item.get("tags")
    return InstanceRecord(
        item["crn"],
        str(item.get("name") or ""),
        plan,
        pricing,
        tuple(map(str, tags)) if isinstance(tags, list) else (),
    )


def _plan(client: RuntimeClient, plan_id: str) -> tuple[str, str]:
    """Return a plan's name and pricing; the catalogue shows no plans that were given up."""
    if not plan_id:
        return _UNKNOWN, _UNKNOWN
    url = f"{_urls.catalog_url(client.params.url)}/{quote(plan_id, safe='')}"
    try:
        entry = client.elsewhere("GET", url, name="GET /api/v1/{plan}")
    except IBMApiError:
        return _UNKNOWN, _UNKNOWN
    name = _at(entry, "overview_ui", "en", "display_name")
    pricing = _at(entry, "metadata", "pricing", "type")
    return name.lower() or _UNKNOWN, pricing.lower() or _UNKNOWN


def _at(value: Any, *path: str) -> str:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
