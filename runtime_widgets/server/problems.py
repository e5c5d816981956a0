"""What can go wrong for a caller, and the one shape in which the server says so.

Every refusal in this package is raised as a :class:`Problem` and turned into JSON in one place
(`responses.py`). Codes below 10 000 are those that the public service is seen to use; the
others are ours, built as HTTP status times 100 plus a number.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Problem"]


class Problem(Exception):
    """A refusal with an HTTP status, a code, a sentence, and where possible a way out.

    Parameters
    ----------
    status
        HTTP status, 400-599.
    code
        Number that names the problem; it does not change between versions.
    message
        One sentence for a person.
    solution
        What the person can do about it, if there is something.
    """

    def __init__(self, status: int, code: int, message: str, solution: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.solution = solution

    def error(self) -> dict[str, Any]:
        """Return the entry of the ``errors`` list."""
        entry: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.solution:
            entry["solution"] = self.solution
        return entry

    def shape(self, trace: str) -> dict[str, Any]:
        """Return the body of the refusal."""
        return {"errors": [self.error()], "trace": trace}

    def to_wire(self) -> dict[str, Any]:
        """Return a JSON object that :meth:`from_wire` reads back (worker -> server)."""
        return {"status": self.status, **self.error()}

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> Problem:
        """Rebuild a problem that a worker process reported."""
        return cls(
            int(data["status"]), int(data["code"]), str(data["message"]), data.get("solution")
        )


# -- the refusals that several modules share ------------------------------------------------


def malformed(message: str, solution: str | None = None) -> Problem:
    """400: the request cannot be understood."""
    return Problem(400, 40000, message, solution)


def bad_params(message: str, solution: str | None = None) -> Problem:
    """400: the program's parameters are not acceptable."""
    return Problem(400, 40010, message, solution)


def bad_circuit(message: str, solution: str | None = None) -> Problem:
    """400: the device cannot run this circuit."""
    return Problem(400, 40011, message, solution)


def encoded(coding: str) -> Problem:
    """415: the body is compressed; one that is small may not become large here."""
    return Problem(
        415,
        41500,
        f"A body with Content-Encoding {coding[:40]!r} is not read here.",
        "Send it as it is.",
    )


def unauthorized(message: str) -> Problem:
    """401: no token, or a wrong or expired one."""
    return Problem(401, 1200, message, "Send the server's token: 'Authorization: Bearer <token>'.")


def forbidden(message: str, solution: str | None = None) -> Problem:
    """403: known caller, wrong door."""
    return Problem(403, 1201, message, solution)


def not_found(what: str, name: str, solution: str | None = None) -> Problem:
    """404: there is no such job, session, device, program or route."""
    return Problem(404, 40400, f"There is no {what} '{name}'.", solution)


def conflict(message: str, solution: str | None = None) -> Problem:
    """409: the thing exists and its state does not allow this."""
    return Problem(409, 40900, message, solution)


def too_many_tags(count: int, limit: int) -> Problem:
    """400: more tags than a job may have."""
    return Problem(400, 1204, f"{count} tags were given; a job has at most {limit}.")


def tag_too_long(length: int, limit: int) -> Problem:
    """400: one tag has too many characters."""
    return Problem(400, 1205, f"A tag of {length} characters was given; at most {limit} fit.")
