"""UsageMeter: what an instance has used of its QPU time, live."""

from __future__ import annotations

from typing import Any

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.tracker import tracker_of
from runtime_widgets.usage_state import UsageState
from runtime_widgets.widgets._instance_usage import usage_html, usage_sentences, what_of
from runtime_widgets.widgets._live import LiveView

__all__ = ["UsageMeter"]

FIRST_READ_S = 1.0
"""Longest that showing it waits for a figure."""


class UsageMeter(LiveView):
    """A live meter of QPU time: used, expected by unfinished jobs, and allowed.

    The figures are the service's, of the instance's current period, and tell how old they are:
    they are read once a minute while the meter is in sight, and once more after a job that a view
    follows has ended. Where there is no limit, or the account may not read it, it says so.

    Parameters
    ----------
    service : QiskitRuntimeService
        Whose instance it is.
    **more
        Traits of :class:`ipywidgets.DOMWidget`, such as ``layout``.

    Raises
    ------
    IBMInputValueError
        If it is no service.
    RuntimeInvalidStateError
        If it was closed.

    Examples
    --------
    >>> UsageMeter(service)  # doctest: +SKIP
    """

    def __init__(self, service: Any, **more: Any) -> None:
        client = getattr(service, "client", None)
        if client is None:
            msg = f"A usage meter takes a service, such as QiskitRuntimeService(), not {service!r}."
            raise IBMInputValueError(msg)
        self._tracker = tracker_of(client)
        self._tracker.check_open()
        self._what = what_of(client)
        super().__init__(view="usage", label=self._what, services=[service], **more)

    def __repr__(self) -> str:
        return f"<UsageMeter: {' '.join(usage_sentences(self.usage, self._what))}>"

    @property
    def usage(self) -> UsageState:
        """What is known: observable, and kept up to date while the meter is in sight."""
        return self._tracker.account.usage

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the view, and beside it what a notebook without a kernel can show."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        self.usage.wait_read(FIRST_READ_S)
        data["text/plain"] = "\n".join(usage_sentences(self.usage, self._what))
        data["text/html"] = usage_html(self.usage, self._what)
        return data, metadata
