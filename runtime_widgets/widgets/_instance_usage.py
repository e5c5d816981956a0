"""From what is known of an instance's usage to what a page, or a saved notebook, shows."""

from __future__ import annotations

from datetime import datetime
from html import escape

from runtime_widgets import instances
from runtime_widgets.client import RuntimeClient
from runtime_widgets.messages import UsageInfo
from runtime_widgets.usage_state import UsageState
from runtime_widgets.widgets._rows import instance_key

__all__ = ["instance_name", "usage_html", "usage_info", "usage_sentences", "what_of"]


def usage_info(state: UsageState, client: RuntimeClient, name: str) -> UsageInfo:
    """Return the usage of a client's instance as a page is told of it. Nothing is asked."""
    ahead_s = client.clock_ahead_s()
    return UsageInfo(
        key=instance_key(client),
        instance=name,
        simulated=client.params.is_local,
        used_s=state.used_seconds,
        limit_s=state.limit_seconds,
        allocation_s=state.allocation_seconds,
        reached=state.reached,
        period_start=_epoch(state.period_start),
        period_end=_epoch(state.period_end),
        estimated_s=state.expected_seconds,
        estimated_jobs=state.expected_jobs,
        pending_jobs=state.pending_jobs,
        as_of=_epoch(state.as_of, ahead_s),
        trouble=state.trouble,
    )


def instance_name(client: RuntimeClient) -> str:
    """Return what to call an instance: its name where a search has found it, never its CRN.

    Without a name it is the start of its id, without the account's part.
    """
    params = client.params
    if params.is_local:
        return "the local runtime"
    crn = params.instance or ""
    known = next((one.name for one in instances.known(client) if one.crn == crn), "")
    # crn:v1:bluemix:public:quantum-computing:us-east:a/<account>:<instance>::
    identity = crn.split(":")[7:8]
    return known or (f"instance {identity[0][:8]}…" if identity and identity[0] else "")


def what_of(client: RuntimeClient) -> str:
    """Return what is used: QPU time, but of devices that are this machine's; with whose it is."""
    name = instance_name(client)
    what = "Usage" if client.params.is_local else "QPU time"
    return f"{what} of {name}" if name else what


def usage_sentences(state: UsageState, what: str) -> list[str]:
    """Say what is known of `what`, as of when, for who sees no live view."""
    said = [_used(state, what)]
    if state.limit_seconds is not None and state.used_seconds is not None:
        said.append(f"{_amount(state.remaining_seconds or 0.0)} are left.")
    if state.reached:
        said.append("The service says that the limit is reached: it takes no more jobs.")
    if state.expected_seconds:
        jobs = _jobs(state)
        said.append(
            f"Unfinished jobs are expected to add ≈ {_amount(state.expected_seconds)}{jobs}."
        )
    if state.period_end is not None:
        said.append(f"The period ends at {_when(state.period_end)}.")
    if state.trouble is not None:
        said.append(state.trouble)
    if state.as_of is not None:
        said.append(f"As of {_when(state.as_of)}.")
    return said


def usage_html(state: UsageState, what: str) -> str:
    """Return that as HTML. All text from a server is escaped."""
    first, *rest = (escape(sentence) for sentence in usage_sentences(state, what))
    more = f"<br>{' '.join(rest)}" if rest else ""
    return f'<div style="font-size:13px"><b>{first}</b>{more}</div>'


def _used(state: UsageState, what: str) -> str:
    if state.used_seconds is None:
        return f"{what}: not known."
    used = _amount(state.used_seconds)
    if state.limit_seconds is None:
        return f"{what}: {used} used; there is no limit."
    return f"{what}: {used} used of {_amount(state.limit_seconds)}."


def _jobs(state: UsageState) -> str:
    if state.expected_jobs == state.pending_jobs:
        return f" ({state.pending_jobs} jobs)"
    return f" ({state.expected_jobs} of {state.pending_jobs} jobs tell an estimate)"


def _amount(seconds: float) -> str:
    """Return "48.2 s", or "10 min" and "5 min 12 s" from two minutes on."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min" + (f" {rest} s" if rest else "")


def _when(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z").strip()


def _epoch(time: datetime | None, ahead_s: float = 0.0) -> float | None:
    return None if time is None else time.timestamp() + ahead_s
