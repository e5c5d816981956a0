"""The check of a submission, in a process that may be lost without harm."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from runtime_widgets.codec import UNTRUSTED_LIMITS, decode
from runtime_widgets.errors import CodecError
from runtime_widgets.server import problems
from runtime_widgets.server.models import JobSubmission
from runtime_widgets.server.programs import find_program
from runtime_widgets.server.tags import checked_tags
from runtime_widgets.server.work.context import Surroundings

__all__ = ["check_submission"]

_SPACE = re.compile(r"[ \t\r\n]*")


def check_submission(body: bytes, around: Surroundings) -> tuple[dict[str, Any], str]:
    """Decode and check the body of a submission.

    Returns
    -------
    tuple
        ``{"envelope", "facts"}``, and the text of ``params`` as it stands in the body.

    Raises
    ------
    Problem
        With the reason why the submission is refused.
    """
    envelope, params, params_text = _split(body)
    try:
        submission = JobSubmission.model_validate(envelope)
    except ValidationError as exc:
        raise problems.malformed(describe(exc)) from exc
    checked_tags(submission.tags or [])
    program = find_program(submission.program_id, around)
    device = around.devices.get(submission.backend)
    if device is None:
        known = f"The devices are: {', '.join(around.devices)}."
        raise problems.not_found("device", submission.backend, known)
    try:
        decoded = decode(params, limits=UNTRUSTED_LIMITS)
    except CodecError as exc:
        raise problems.bad_params(f"params: {exc.message}") from exc
    facts = program.check(decoded, device, around)
    return {"envelope": envelope, "facts": facts}, params_text


def describe(exc: ValidationError) -> str:
    """Say in one sentence what is wrong with a body, by pydantic's list."""
    first = exc.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{place}: {first['msg']}"[:500]


def _split(body: bytes) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Parse the body; return all but params, params, and the text of params.

    The text is cut out of the body, not written anew: it is kept as it was sent.
    """
    try:
        text = body.decode("utf-8")
        if sum(map(text.count, ",[{")) > UNTRUSTED_LIMITS.max_items:
            raise problems.malformed("The body holds too many values.")
        members, spans = _members(text)
    except (ValueError, RecursionError) as exc:
        reason = "it is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        raise problems.malformed(f"The body is not valid JSON: {reason[:200]}") from exc
    params = members.pop("params", None)
    if not isinstance(params, dict):
        raise problems.malformed("params: an object is needed.")
    start, stop = spans["params"]
    return members, params, text[start:stop]


def _members(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
    """Parse the outermost object member by member, noting where each value stands."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    members: dict[str, Any] = {}
    spans: dict[str, tuple[int, int]] = {}
    at = _expect(text, 0, "{")
    while True:
        if text[at : at + 1] == "}" and not members:
            break
        key, at = decoder.raw_decode(text, at)
        if not isinstance(key, str) or key in members:
            raise ValueError(f"a name is no text or stands twice, before character {at}")
        start = _expect(text, at, ":")
        members[key], stop = decoder.raw_decode(text, start)
        spans[key] = (start, stop)
        at = _skip(text, stop)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    at = _expect(text, at, "}")
    if at != len(text):
        raise ValueError(f"there is more after the object, at character {at}")
    return members, spans


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"'{mark}' is missing at character {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
