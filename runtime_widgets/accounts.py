"""The account to use: what was given, else the environment, else what upstream saved.

Read only: a token is never written anywhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime_widgets.errors import IBMAccountError
from runtime_widgets.params import IBM_URL, ClientParameters

__all__ = ["CHANNELS", "parameters"]

CHANNELS = ("ibm_quantum_platform", "ibm_cloud")
_PREFIX = "QISKIT_IBM_"
_EU = "eu-de"


def parameters(
    *,
    channel: str | None = None,
    token: str | None = None,
    url: str | None = None,
    instance: str | None = None,
    name: str | None = None,
    filename: str | Path | None = None,
    **network: Any,
) -> ClientParameters:
    """Collect what is needed to reach IBM's service.

    Each value comes from the argument, else from ``QISKIT_IBM_TOKEN``, ``_URL``,
    ``_INSTANCE`` and ``_CHANNEL``, else from the account saved in ``~/.qiskit``.

    Raises
    ------
    IBMAccountError
        If there is no token, or no account of that name.
    """
    saved = {} if token else _saved(name, channel, filename)
    environment = {} if name else _environment()
    given = {"channel": channel, "token": token, "url": url, "instance": instance}
    known = {**saved, **environment, **{k: v for k, v in given.items() if v is not None}}
    if not known.get("token"):
        msg = (
            "There is no token: pass token=, set QISKIT_IBM_TOKEN, or save an account. "
            'Without an account, use QiskitRuntimeService(channel="local").'
        )
        raise IBMAccountError(msg)
    crn = known.get("instance")
    return ClientParameters(
        channel=str(known.get("channel") or CHANNELS[0]),
        token=str(known["token"]),
        url=_api_root(known.get("url"), crn),
        instance=crn,
        **_network(saved, network),
    )


def _api_root(url: Any, crn: Any) -> str:
    """Return the API's root; the region is part of the CRN."""
    host = str(url or IBM_URL).rstrip("/")
    if host in {IBM_URL, "https://cloud.ibm.com", "https://quantum.ibm.com"}:
        region = str(crn or "").split(":")[5:6]
        return IBM_URL.replace("://", f"://{_EU}.") if region == [_EU] else IBM_URL
    return host


def _environment() -> dict[str, str]:
    names = ("channel", "token", "url", "instance")
    return {n: v for n in names if (v := os.environ.get(_PREFIX + n.upper()))}


def _saved(name: str | None, channel: str | None, filename: str | Path | None) -> dict[str, Any]:
    """Read the account as upstream saves it."""
    path = Path(filename) if filename else Path.home() / ".qiskit" / "qiskit-ibm.json"
    try:
        accounts = json.loads(path.expanduser().read_text())
    except FileNotFoundError:
        accounts = {}
    except (OSError, ValueError) as exc:
        msg = f"The saved accounts in {path} could not be read."
        raise IBMAccountError(msg) from exc
    accounts = accounts if isinstance(accounts, Mapping) else {}
    if name is not None:
        if not isinstance(accounts.get(name), Mapping):
            msg = f"There is no saved account {name!r}."
            raise IBMAccountError(msg)
        return dict(accounts[name])
    rows = {k: dict(v) for k, v in accounts.items() if isinstance(v, Mapping)}
    fitting = {k: v for k, v in rows.items() if channel in (None, v.get("channel"))}
    chosen = [v for v in fitting.values() if v.get("is_default_account")]
    chosen += [v for k, v in fitting.items() if k.startswith("default-")]
    return chosen[0] if chosen else {}


def _network(saved: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    proxies = saved.get("proxies")
    urls = proxies.get("urls") if isinstance(proxies, Mapping) else None
    found: dict[str, Any] = {"proxies": urls, "verify": saved.get("verify", True)}
    return {**found, **{k: v for k, v in given.items() if v is not None}}
