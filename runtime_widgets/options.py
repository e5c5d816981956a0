"""RuntimeOptions: how a job is to be run, apart from what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from runtime_widgets._tags import check_tags
from runtime_widgets.errors import IBMInputValueError

__all__ = ["RuntimeOptions"]


@dataclass(frozen=True)
class RuntimeOptions:
    """Options of :meth:`QiskitRuntimeService.run`.

    Parameters
    ----------
    backend : RuntimeBackend or str, optional
        The device.
    image : str, optional
        Runtime image, ``"name:tag"``.
    log_level : str, optional
        ``"DEBUG"``, ``"INFO"``, ``"WARNING"``, ``"ERROR"`` or ``"CRITICAL"``.
    job_tags : list of str
        At most 8 tags of at most 86 characters.
    max_execution_time : int, optional
        Seconds after which the service ends the job (reason code 1305).
    private : bool
        The result can be read once only.
    """

    backend: Any = None
    image: str | None = None
    log_level: str | None = None
    job_tags: list[str] = field(default_factory=list)
    max_execution_time: int | None = None
    private: bool = False

    @classmethod
    def of(cls, options: RuntimeOptions | Mapping[str, Any] | None) -> RuntimeOptions:
        """Make it of what a user passed.

        Raises
        ------
        IBMInputValueError
            If an option is not known, or a value cannot be right.
        """
        if isinstance(options, cls):
            return options.checked()
        given = dict(cast("Mapping[str, Any]", options or {}))
        known = {f.name for f in fields(cls)}
        unknown = sorted(given.keys() - known)
        if unknown:
            msg = f"Unknown options: {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
            raise IBMInputValueError(msg)
        return cls(**{k: v for k, v in given.items() if v is not None}).checked()

    def checked(self) -> RuntimeOptions:
        """Return it, if its values can be right.

        Raises
        ------
        IBMInputValueError
            If not.
        """
        check_tags(self.job_tags)
        if self.backend is not None and not isinstance(self.backend_name, str):
            msg = "backend is a device, or the name of one."
            raise IBMInputValueError(msg)
        levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        if self.log_level is not None and self.log_level not in levels:
            msg = f"log_level is one of {', '.join(levels)}."
            raise IBMInputValueError(msg)
        seconds = self.max_execution_time
        if seconds is not None and (type(seconds) is not int or seconds < 1):
            msg = "max_execution_time is a number of seconds, at least 1."
            raise IBMInputValueError(msg)
        return self

    @property
    def backend_name(self) -> str | None:
        """Name of the device, if one was chosen."""
        if self.backend is None or isinstance(self.backend, str):
            return self.backend
        name: str | None = getattr(self.backend, "name", None)
        return name
