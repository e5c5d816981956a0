"""The rules for tags: at most 8, each at most 86 characters."""

from __future__ import annotations

from runtime_widgets.server import problems

__all__ = ["MAX_TAGS", "MAX_TAG_CHARACTERS", "checked_tags"]

MAX_TAGS = 8
MAX_TAG_CHARACTERS = 86


def checked_tags(tags: list[str]) -> list[str]:
    """Return the tags without repetitions, or refuse them."""
    if len(tags) > MAX_TAGS:
        raise problems.too_many_tags(len(tags), MAX_TAGS)
    for tag in tags:
        if len(tag) > MAX_TAG_CHARACTERS:
            raise problems.tag_too_long(len(tag), MAX_TAG_CHARACTERS)
        # Neither every database nor every client could keep the rest.
        if not tag or "\x00" in tag or any(0xD800 <= ord(letter) <= 0xDFFF for letter in tag):
            raise problems.bad_params(
                "A tag is a text that is not empty, in valid Unicode, without the character U+0000."
            )
    return list(dict.fromkeys(tags))
