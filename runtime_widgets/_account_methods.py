"""What a service knows of accounts and instances, and how it comes by a connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime_widgets import _urls, accounts, instances, local
from runtime_widgets._secrets import hidden
from runtime_widgets.accounts import Account
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMInputValueError, RuntimeJobNotFound
from runtime_widgets.params import ClientParameters

__all__ = ["AccountMethods", "connect"]

_FEW = 10


def connect(
    *,
    params: ClientParameters | None,
    channel: str | None,
    url_resolver: Callable[..., str] | None,
    limits: Mapping[str, Any],
    **account: Any,
) -> RuntimeClient:
    """Return the connection that a service was asked for.

    Parameters
    ----------
    params : ClientParameters or None
        All of it at once.
    channel, url_resolver, **account
        As :class:`QiskitRuntimeService` has them.
    limits : mapping
        Limits of time, of which None is the default.
    """
    set_ = {k: v for k, v in limits.items() if v is not None}
    if params is not None:
        return RuntimeClient(replace(params, **set_))
    if channel == "local" or _is_local_by_default(channel, account):
        return _local(account, set_)
    chosen = accounts.choose(channel=channel, **account)
    client = RuntimeClient(chosen.parameters(url_resolver=url_resolver, **set_))
    if _urls.is_crn(chosen.instance):
        return client
    try:
        record = instances.choose(client, chosen)
    except BaseException:
        client.close()
        raise
    return client.for_instance(record.crn)


def _is_local_by_default(channel: str | None, account: Mapping[str, Any]) -> bool:
    given = channel or account.get("token") or account.get("name")
    return not given and os.environ.get("QISKIT_IBM_CHANNEL") == "local"


def _local(account: Mapping[str, Any], limits: Mapping[str, Any]) -> RuntimeClient:
    token, url, instance = account.get("token"), account.get("url"), account.get("instance")
    if token and url:
        return RuntimeClient(ClientParameters("local", token, url, instance, **limits))
    address = local.find_or_start()
    whereabouts = local.Whereabouts(address, **limits)
    return RuntimeClient(address.params(**limits), whereabouts=whereabouts)


class AccountMethods:
    """The part of a service that is about accounts and instances."""

    _client: RuntimeClient

    @staticmethod
    def save_account(
        token: str | None = None,
        url: str | None = None,
        instance: str | None = None,
        channel: str | None = None,
        filename: str | Path | None = None,
        name: str | None = None,
        proxies: Mapping[str, Any] | None = None,
        verify: bool | str | None = None,
        overwrite: bool | None = False,
        set_as_default: bool | None = None,
        private_endpoint: bool | None = False,
        region: str | None = None,
        plans_preference: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Save an account where ``qiskit-ibm-runtime`` looks for it too, with mode 0600.

        Parameters
        ----------
        token : str
            The API key.
        url : str, optional
            ``https://cloud.ibm.com`` by default.
        instance : str, optional
            A CRN, an instance's name, or ``"auto"``.
        channel : str, optional
            ``"ibm_quantum_platform"`` by default.
        filename : str, optional
            ``~/.qiskit/qiskit-ibm.json`` by default.
        name : str, optional
            What to call it; by default it is the default account of its channel.
        proxies : mapping, optional
            As in requests, or ``{"urls": {...}}``.
        verify : bool or str, optional
            As in requests.
        overwrite : bool
            Replace the account of that name, and the default one.
        set_as_default : bool, optional
            Use it where no account is named.
        private_endpoint : bool
            Reach the service by IBM's private network.
        region, plans_preference, tags : optional
            Which instance to choose where none is given.

        Raises
        ------
        IBMAccountError
            If it is no account, or would replace one.
        """
        token, proxies = hidden(token), hidden(proxies)
        account = Account(
            channel=channel or os.environ.get("QISKIT_IBM_CHANNEL") or accounts.CHANNELS[0],
            token=token or "",
            url=url or _urls.CLOUD_URL,
            instance=instance,
            proxies=proxies,
            verify=verify,
            private_endpoint=bool(private_endpoint),
            region=region,
            plans_preference=() if plans_preference is None else plans_preference,
            tags=() if tags is None else tags,
        )
        accounts.save(
            account,
            name=name,
            filename=filename,
            overwrite=bool(overwrite),
            set_as_default=bool(set_as_default),
        )

    @staticmethod
    def saved_accounts(
        default: bool | None = None,
        channel: str | None = None,
        filename: str | Path | None = None,
        name: str | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return the saved accounts, by name.

        The tokens are the true ones, but a ``repr`` does not show them: a notebook that ends
        a cell with this call keeps nobody's key.

        Parameters
        ----------
        default : bool, optional
            Only those with a channel's default name, or only the others.
        channel, name : str, optional
            Only those.
        filename : str, optional
            ``~/.qiskit/qiskit-ibm.json`` by default.
        """
        return accounts.listed(default=default, channel=channel, filename=filename, name=name)

    @staticmethod
    def delete_account(
        filename: str | Path | None = None,
        name: str | None = None,
        channel: str | None = None,
    ) -> bool:
        """Delete a saved account; say whether there was one.

        Parameters
        ----------
        filename : str, optional
            ``~/.qiskit/qiskit-ibm.json`` by default.
        name : str, optional
            Its name; by default the default account of the channel.
        channel : str, optional
            ``"ibm_quantum_platform"`` by default.
        """
        return accounts.delete(filename=filename, name=name, channel=channel)

    def active_account(self) -> dict[str, Any]:
        """Return the account in use. Its token is the true one; a ``repr`` does not show it."""
        params = self._client.params
        found = {
            "channel": params.channel,
            "token": params.token,
            "url": params.url,
            "instance": params.instance,
            "proxies": {"urls": dict(params.proxies)} if params.proxies else None,
            "verify": params.verify,
            "private_endpoint": params.private_endpoint,
        }
        return {k: v for k, v in found.items() if v is not None}

    def active_instance(self) -> str | None:
        """Return the instance (CRN) in use. Nothing but a new service changes it."""
        return self._client.params.instance

    def instances(self, *, refresh: bool = False) -> list[dict[str, Any]]:
        """Return the account's instances: ``crn``, ``name``, ``plan``, ``tags``, ``pricing_type``.

        Parameters
        ----------
        refresh : bool
            Search again; else what was found in the last ten minutes is returned.

        Raises
        ------
        IBMApiError
            If the account search cannot be made.
        """
        params = self._client.params
        if params.is_local:
            record = instances.InstanceRecord(params.instance or "", "local", "local", "free")
            return [record.to_json()]
        return [r.to_json() for r in instances.find(self._client, refresh=refresh)]

    def _check_instance(self, instance: str | None) -> None:
        """Refuse another instance than the active one.

        Raises
        ------
        IBMInputValueError
            If it is another: looking never switches it.
        """
        if instance not in (None, self._client.params.instance):
            msg = "Another instance needs a service of its own: QiskitRuntimeService(instance=…)."
            raise IBMInputValueError(msg)

    def _not_here(self, job_id: str, error: RuntimeJobNotFound) -> RuntimeJobNotFound:
        """Say where a job is that the active instance does not have, as far as that is known.

        Only instances that a search has found already are asked, as themselves: nothing is
        switched, and no search is made for it.
        """
        if self._client.params.is_local or error.code is None:
            return error
        others = [i for i in instances.known(self._client) if i.crn != self.active_instance()]
        for other in others[:_FEW]:
            with suppress(IBMApiError):
                self._client.for_instance(other.crn).once().job_get(job_id)
                error.message = f"Job {job_id} is in another instance: {other}."
                error.solution = f'Use QiskitRuntimeService(instance="{other.crn}").'
                return error
        if not others:
            error.solution = error.solution or (
                "If it is in another instance, service.instances() lists them: each needs a "
                "service of its own."
            )
        return error
