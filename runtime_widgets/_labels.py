"""What the user calls jobs: checked, and brought back from this machine's history."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.history import History
from runtime_widgets.tracker import Tracker

__all__ = ["bring_labels", "check_label", "keep_label"]

_log = logging.getLogger(__name__)

LONGEST_LABEL = 200


def check_label(label: Any) -> str | None:
    """Return a label as it is kept: one line, or None for none.

    Raises
    ------
    IBMInputValueError
        If it is no text, or longer than 200 characters.
    """
    if label is None:
        return None
    if not isinstance(label, str):
        msg = f"A label is a text, or None for none; not {label!r}."
        raise IBMInputValueError(msg)
    line = " ".join("".join(c if c.isprintable() else " " for c in label).split())
    if len(line) > LONGEST_LABEL:
        msg = f"A label has at most {LONGEST_LABEL} characters; this has {len(line)}."
        raise IBMInputValueError(msg)
    return line or None


def keep_label(tracker: Tracker, job_id: str, label: str | None) -> None:
    """Note what the user calls a job, and have the history remember it."""
    tracker.set_labels({job_id: label})
    History.default().set_label(job_id, tracker.client.params.instance or "", label or "")


def bring_labels(tracker: Tracker, job_ids: Iterable[str]) -> None:
    """Bring back what the user called jobs, be it in another kernel.

    Reads a file: not for the tracker's thread. One that cannot be read stops nothing.
    """
    history = History.default()
    unnamed = [job_id for job_id in job_ids if tracker.state(job_id).label is None]
    if not unnamed or not history.wanted:
        return
    instance = tracker.client.params.instance or ""
    try:
        found = history.labels(instance, unnamed)
    except Exception:
        _log.info("The labels of jobs could not be read.", exc_info=True)
        return
    # What was named meanwhile has the newer name.
    tracker.set_labels({k: v for k, v in found.items() if tracker.state(k).label is None})
