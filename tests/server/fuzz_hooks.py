"""What schemathesis cannot know: a body that makes a job. `schemathesis.toml` names this module."""

from __future__ import annotations

import zlib

import schemathesis

# Whatever is drawn for these is a name of nothing, so that no job would come of it.
NAMES_OF_NOTHING = ("session_id", "calibration_id", "start_session")


@schemathesis.hook.apply_to(operation_id="jobs_submit")
def map_case(_context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Make a job of three in four of the bodies that fit the description."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits and isinstance(case.body, dict) and zlib.crc32(repr(case.body).encode()) % 4:
        body = {name: value for name, value in case.body.items() if name not in NAMES_OF_NOTHING}
        kind = ("count", "fail")[len(body) % 2]
        case.headers.pop("idempotency-key", None)  # the same one with another body is refused
        case.body = {**body, "program_id": kind, "backend": "local_exact", "params": {"upto": 2}}
    return case
