"""What a job's tags may be."""

from __future__ import annotations

from typing import Any

from runtime_widgets.errors import IBMInputValueError

__all__ = ["LONGEST_TAG", "MOST_TAGS", "check_tags"]

MOST_TAGS = 8
LONGEST_TAG = 86


def check_tags(tags: Any) -> None:
    """Refuse what the server would refuse.

    Raises
    ------
    IBMInputValueError
        If there are more than 8 tags, or one is empty, no text, or over 86 characters.
    """
    if not isinstance(tags, (list, tuple)) or not all(isinstance(t, str) and t for t in tags):
        msg = "Tags are a list of texts that are not empty."
        raise IBMInputValueError(msg)
    if len(tags) > MOST_TAGS:
        msg = f"A job has at most {MOST_TAGS} tags; these are {len(tags)}."
        raise IBMInputValueError(msg)
    long = [tag for tag in tags if len(tag) > LONGEST_TAG]
    if long:
        msg = f"A tag has at most {LONGEST_TAG} characters; {long[0][:20]!r}… has {len(long[0])}."
        raise IBMInputValueError(msg)
