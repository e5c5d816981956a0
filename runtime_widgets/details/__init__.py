"""What the drawer of a job shows, read when it is asked for.

:func:`read` is the one door. What it returns is one of the records of
:mod:`runtime_widgets.details.shapes`, as JSON, and bounded whatever the size of what it is made
from: a page never gets a result, only a summary of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob
    from runtime_widgets.messages import Part

__all__ = ["read"]


def read(job: RuntimeJob, part: Part, index: int = 0) -> dict[str, Any]:
    """Read a part of what the service knows of a job.

    Asks the service and decodes, which may take seconds: for a worker thread. The results of
    a private job are never read, for that can be done once.

    Parameters
    ----------
    job : RuntimeJob
        The job.
    part : {"results", "inputs", "circuit", "raw"}
        Which part.
    index : int
        For ``"circuit"`` which PUB's circuit to draw; for ``"results"`` and ``"inputs"`` the
        first PUB that is summed up. Counted from 0.

    Returns
    -------
    dict
        A record of :mod:`runtime_widgets.details.shapes`, as JSON of at most
        :data:`runtime_widgets.details.reading.MOST_BYTES`.

    Raises
    ------
    IBMInputValueError
        If there is no such part or PUB.
    IBMRuntimeError
        If the service could not be asked, or its answer makes no sense.
    """
    # Here, so that gen_wire.py can read the shapes with nothing but the standard library.
    from runtime_widgets.details.reading import read_part

    return read_part(job, part, index)
