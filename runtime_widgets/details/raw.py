"""A job's record as the service sent it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runtime_widgets.details.shapes import RawRecord
from runtime_widgets.details.text import clipped

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob

__all__ = ["read_raw"]

MOST = 60_000
LEFT_OUT = ("params", "results")
SECRETS = ("token", "apikey", "api_key", "password", "secret", "authorization", "bearer")
HIDDEN = "(hidden)"


def read_raw(job: RuntimeJob) -> RawRecord:
    """Ask the service for a job's record, and write it as JSON."""
    client = job.tracker.client
    record = client.job_json(job.job_id(), inputs=False)
    hidden: list[str] = []
    shown = {key: value for key, value in record.items() if key not in LEFT_OUT}
    safe = _without_secrets(shown, str(client.params.token), hidden, "")
    text = json.dumps(safe, indent=2, ensure_ascii=False)
    cut = len(text) > MOST
    return RawRecord(text[:MOST], cut=cut, hidden=hidden[:20])


def _without_secrets(value: Any, token: str, hidden: list[str], path: str) -> Any:
    """Return JSON without what looks like a secret, or holds this client's token."""
    if isinstance(value, Mapping):
        return dict(_items(value, token, hidden, path))
    if isinstance(value, list):
        return [_without_secrets(item, token, hidden, path) for item in value]
    if isinstance(value, str) and token and token in value:
        hidden.append(path)
        return value.replace(token, HIDDEN)
    return value


def _items(
    value: Mapping[str, Any], token: str, hidden: list[str], path: str
) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        inner = f"{path}.{clipped(key, 80)}".lstrip(".")
        if any(word in key.lower() for word in SECRETS) and isinstance(item, str):
            hidden.append(inner)
            yield key, HIDDEN
        else:
            yield key, _without_secrets(item, token, hidden, inner)
