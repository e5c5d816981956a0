"""The account to use: what was given, else the environment, else what was saved.

The order, the names and the file are those of ``qiskit-ibm-runtime`` 0.51, so that each reads
what the other wrote.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runtime_widgets import _account_file, _urls
from runtime_widgets._secrets import hidden
from runtime_widgets.errors import IBMAccountError, IBMInputValueError
from runtime_widgets.params import ClientParameters

__all__ = ["CHANNELS", "Account", "choose", "delete", "listed", "save"]

CHANNELS = ("ibm_quantum_platform", "ibm_cloud")
_DEFAULT_NAMES = {
    "ibm_quantum_platform": "default-ibm-quantum-platform",
    "ibm_cloud": "default-ibm-cloud",
}
_REGIONS = ("us-east", "eu-de")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account, with what upstream saves of one.

    `instance` is a CRN, a name, ``"auto"`` or None; `proxies` is a mapping of URLs as in
    requests, or ``{"urls": ...}`` as upstream has it. No ``repr`` shows the token, or a
    proxy's password.
    """

    channel: str
    token: str
    url: str = _urls.CLOUD_URL
    instance: str | None = None
    proxies: Mapping[str, Any] | None = None
    verify: bool | str | None = None
    private_endpoint: bool = False
    region: str | None = None
    plans_preference: Sequence[str] = ()
    tags: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check it, and hide what is secret.

        Raises
        ------
        IBMAccountError
            If this cannot be an account.
        """
        for name in ("token", "proxies"):
            object.__setattr__(self, name, hidden(getattr(self, name)))
        if self.channel not in CHANNELS:
            msg = f"There is no channel {self.channel!r}: local, {', '.join(CHANNELS)}."
            raise IBMAccountError(msg)
        if not self.token:
            msg = "A token is a text that is not empty."
            raise IBMAccountError(msg)
        for name in ("plans_preference", "tags"):
            value: Any = getattr(self, name)
            if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
                msg = f"{name} is a list of texts."
                raise IBMAccountError(msg)
            object.__setattr__(self, name, tuple(value))
        object.__setattr__(self, "proxies", _proxies(self.proxies))

    @classmethod
    def from_saved(cls, data: Mapping[str, Any]) -> Account:
        """Read an account as upstream saves it; what is not known here is left alone.

        Raises
        ------
        IBMAccountError
            If it is none.
        """
        return cls(
            channel=data.get("channel") or "",
            token=hidden(str(data.get("token") or "")),
            url=data.get("url") or _urls.CLOUD_URL,
            instance=data.get("instance"),
            proxies=data.get("proxies"),
            verify=data.get("verify"),
            private_endpoint=bool(data.get("private_endpoint")),
            region=data.get("region"),
            plans_preference=data.get("plans_preference") or (),
            tags=data.get("tags") or (),
        )

    def to_saved(self) -> dict[str, Any]:
        """Return it as upstream saves it; what was not said is left out."""
        found = {
            "channel": self.channel,
            "token": self.token,
            "url": self.url,
            "instance": self.instance,
            "proxies": {"urls": dict(self.proxies)} if self.proxies else None,
            "verify": self.verify,
            "private_endpoint": self.private_endpoint,
            "region": self.region,
            "plans_preference": list(self.plans_preference) or None,
            "tags": list(self.tags) or None,
        }
        return {k: v for k, v in found.items() if v is not None}

    def parameters(self, **more: Any) -> ClientParameters:
        """Return the parameters of a client; the instance only where it is a CRN.

        Parameters
        ----------
        **more
            Time limits and ``url_resolver`` of :class:`ClientParameters`.
        """
        crn = self.instance if _urls.is_crn(self.instance) else None
        return ClientParameters(
            channel=self.channel,
            token=self.token,
            url=self.url,
            instance=crn,
            proxies=self.proxies,
            verify=True if self.verify is None else self.verify,
            iam_url=_urls.iam_url(crn, private=self.private_endpoint),
            private_endpoint=self.private_endpoint,
            **{k: v for k, v in more.items() if v is not None},
        )


def choose(
    *,
    channel: str | None = None,
    token: str | None = None,
    url: str | None = None,
    name: str | None = None,
    filename: str | Path | None = None,
    **other: Any,
) -> Account:
    """Return the account to use.

    Whole accounts, never a mixture: the one of that name; else the token given; else
    ``QISKIT_IBM_TOKEN`` with ``_URL``, ``_INSTANCE`` and ``_CHANNEL``; else a saved one, of
    the channel if one is given.

    Parameters
    ----------
    channel, token, url, name, filename : optional
        As in upstream's constructor.
    **other
        Fields of :class:`Account` that take the chosen account's place, where not None.

    Raises
    ------
    IBMAccountError
        If there is no such account.
    IBMInputValueError
        If a URL is given and nothing that belongs to it.
    """
    given = {k: v for k, v in other.items() if v is not None}
    if name:
        if channel or token or url:
            _log.warning("The account %r is used: channel, token and url are not.", name)
        return replace(_named(name, filename), **given)
    if token:
        root = url or _urls.CLOUD_URL
        return replace(Account(channel or CHANNELS[0], token, root), **given)
    if url and not channel:
        msg = "A url needs the token that belongs to it, or the name of a saved account."
        raise IBMInputValueError(msg)
    if channel not in (None, *CHANNELS):
        msg = f"There is no channel {channel!r}: local, {', '.join(CHANNELS)}."
        raise IBMAccountError(msg)
    found = _of_environment(channel) or _saved(channel, filename)
    return replace(found, **given)


def _of_environment(channel: str | None) -> Account | None:
    token = os.environ.get("QISKIT_IBM_TOKEN")
    if not token:
        return None
    return Account(
        channel or os.environ.get("QISKIT_IBM_CHANNEL") or CHANNELS[0],
        token,
        os.environ.get("QISKIT_IBM_URL") or _urls.CLOUD_URL,
        os.environ.get("QISKIT_IBM_INSTANCE") or None,
    )


def _named(name: str, filename: str | Path | None) -> Account:
    found = _account_file.read(_account_file.path_of(filename)).get(name)
    if not isinstance(found, Mapping):
        msg = f"There is no saved account {name!r}."
        raise IBMAccountError(msg)
    return Account.from_saved(found)


def _saved(channel: str | None, filename: str | Path | None) -> Account:
    """Choose among the saved accounts, as upstream does."""
    rows = _account_file.read(_account_file.path_of(filename))
    accounts = {k: v for k, v in rows.items() if isinstance(v, Mapping)}
    if channel is None:
        chosen = next((a for a in accounts.values() if a.get("is_default_account")), None)
        if chosen is not None:
            return Account.from_saved(chosen)
    wanted = channel or os.environ.get("QISKIT_IBM_CHANNEL") or CHANNELS[0]
    fitting = {k: a for k, a in accounts.items() if a.get("channel") == wanted}
    candidates = [a for a in fitting.values() if a.get("is_default_account")]
    candidates += [fitting[n] for n in [_DEFAULT_NAMES.get(wanted)] if n in fitting]
    candidates += list(fitting.values())[::-1]
    candidates += [accounts[n] for n in _DEFAULT_NAMES.values() if n in accounts]
    if not candidates:
        msg = (
            "There is no token: pass token=, set QISKIT_IBM_TOKEN, or save an account. "
            'Without an account, use QiskitRuntimeService(channel="local").'
        )
        raise IBMAccountError(msg)
    return Account.from_saved(candidates[0])


def save(
    account: Account,
    *,
    name: str | None = None,
    filename: str | Path | None = None,
    overwrite: bool = False,
    set_as_default: bool = False,
) -> None:
    """Save an account in upstream's file, with mode 0600.

    Raises
    ------
    IBMAccountError
        If there is one of that name, or another default one, and it is not to be
        overwritten; or if it cannot be saved.
    """
    if account.region not in (None, *_REGIONS):
        msg = f"An account can be saved for the regions {' and '.join(_REGIONS)}."
        raise IBMAccountError(msg)
    name = name or _DEFAULT_NAMES[account.channel]

    def edit(accounts: dict[str, Any]) -> None:
        if accounts.get(name) and not overwrite:
            msg = f"There is a saved account {name!r}. To replace it, say overwrite=True."
            raise IBMAccountError(msg)
        accounts[name] = account.to_saved()
        if not set_as_default:
            return
        for other, row in accounts.items():
            if other != name and isinstance(row, dict) and row.get("is_default_account"):
                if not overwrite:
                    msg = f"{other!r} is the default account. To replace it, say overwrite=True."
                    raise IBMAccountError(msg)
                del row["is_default_account"]
        accounts[name]["is_default_account"] = True

    _account_file.change(_account_file.path_of(filename), edit)


def listed(
    *,
    default: bool | None = None,
    channel: str | None = None,
    filename: str | Path | None = None,
    name: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the saved accounts that fit; their tokens are not shown by a ``repr``."""
    found = {}
    for key, row in _account_file.read(_account_file.path_of(filename)).items():
        if not isinstance(row, Mapping) or row.get("channel") not in CHANNELS:
            continue  # such as the "ibm_quantum" of old
        is_default = key in (*_DEFAULT_NAMES.values(), "default")
        if (
            name in (None, key)
            and channel in (None, row["channel"])
            and default in (None, is_default)
        ):
            found[key] = dict(row)
    return found


def delete(
    *,
    filename: str | Path | None = None,
    name: str | None = None,
    channel: str | None = None,
) -> bool:
    """Delete a saved account; by default the default one of a channel. Say if there was one."""
    key = name or _DEFAULT_NAMES.get(channel or "", _DEFAULT_NAMES[CHANNELS[0]])
    path = _account_file.path_of(filename)
    if not path.exists():
        return False
    return _account_file.change(path, lambda accounts: accounts.pop(key, None) is not None)


def _proxies(given: Any) -> Mapping[str, Any] | None:
    """Return the URLs of proxies, from either form.

    Raises
    ------
    IBMAccountError
        If they are none, or want NTLM.
    """
    if not given:
        return None
    if not isinstance(given, Mapping):
        msg = 'proxies are given as in requests, or as {"urls": {...}}.'
        raise IBMAccountError(msg)
    if given.get("username_ntlm") or given.get("password_ntlm"):
        msg = (
            "A proxy that wants NTLM cannot be used directly. Run a small proxy that signs in "
            "to it on this machine, and give that one's address."
        )
        raise IBMAccountError(msg)
    urls = given.get("urls") if "urls" in given else given
    if urls is None:
        return None
    if not isinstance(urls, Mapping) or not all(isinstance(v, str) for v in urls.values()):
        msg = "Each proxy is a URL, by its protocol."
        raise IBMAccountError(msg)
    return {str(k): hidden(v) for k, v in urls.items()}
