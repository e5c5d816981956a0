"""JobReader: reads the jobs whose turn has come, in as few requests as may be."""

from __future__ import annotations

from collections.abc import Generator

from runtime_widgets._clock import Clock
from runtime_widgets._following import Followed
from runtime_widgets._health import concerns_all
from runtime_widgets._intake import Intake
from runtime_widgets._pages import Pages
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, RuntimeJobNotFound

__all__ = ["DENIALS", "JobReader"]

DENIALS = 2
"""So often in a row a service must say that it does not know something before that is believed."""

_ENOUGH = 3
"""After so many failures, and not one answer, the service is in trouble, and not the jobs."""


class JobReader:
    """Asks for jobs, for the tracker and on its thread.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    intake : Intake
        Where what was read comes in.
    clock : Clock
        What tells the time.
    """

    def __init__(
        self,
        client: RuntimeClient,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._client = client
        self._intake = intake
        self._pages = Pages(client, intake, clock)

    def read(
        self, due: list[Followed], *, absent: set[str]
    ) -> Generator[None, None, dict[str, IBMApiError]]:
        """Read these jobs; stops before each request.

        Parameters
        ----------
        due : list of Followed
            The jobs.
        absent : set of str
            Those of which is known already that no list of pending jobs holds them.

        Returns
        -------
        dict
            What was wrong with those that could not be read.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        over = {f.key: f for f in due if f.state.is_final or f.key in absent}
        todo = {f.key: f for f in due if f.key not in over}
        read_all, error = yield from self._pages.read(todo, pending=True)
        if read_all:
            over |= todo
            todo = {}
        _, other = yield from self._pages.read(over, pending=False)
        return (yield from self.read_alone([*todo.values(), *over.values()], error or other))

    def forget_refusals(self) -> None:
        """Ask for lists again: the server was in trouble, and that may have been all."""
        self._pages.forget_refusals()

    def read_alone(
        self, jobs: list[Followed], doubt: IBMApiError | None = None
    ) -> Generator[None, None, dict[str, IBMApiError]]:
        """Ask for each by its id, stopping before each; `doubt` is what made a list useless.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        unread: dict[str, IBMApiError] = {}
        failed, answered = int(doubt is not None), False
        for followed in jobs:
            yield
            asked = self._intake.mark()
            try:
                record = self._client.job_get(followed.key)
            except IBMApiError as exc:
                denied = isinstance(exc, RuntimeJobNotFound) and exc.code is not None
                answered = answered or denied
                failed += not denied
                if concerns_all(exc) or (failed >= _ENOUGH and not answered):
                    raise
                # One job that cannot be read must not hide the others.
                self._fail(followed, exc, unread)
            else:
                answered = True
                self._intake.apply(record, asked)
                followed.alone = True
                followed.denied = 0
        return unread

    def _fail(self, followed: Followed, error: IBMApiError, unread: dict[str, IBMApiError]) -> None:
        """Take in a failure. A 404 is believed when the service itself says so, twice."""
        unknown = isinstance(error, RuntimeJobNotFound)
        followed.denied += unknown
        if unknown and error.code is not None and followed.denied >= DENIALS:
            self._intake.gone(followed.state)
        else:
            unread[followed.key] = error
