"""Where a client connects, and as whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from typing_extensions import Self

from runtime_widgets import _urls
from runtime_widgets._secrets import Secret, hidden
from runtime_widgets.errors import IBMInputValueError

__all__ = ["ClientParameters"]

IAM_URL = "https://iam.cloud.ibm.com"


@dataclass(frozen=True)
class ClientParameters:
    """Everything that a :class:`~runtime_widgets.RuntimeClient` needs to connect.

    Parameters
    ----------
    channel : str
        ``"ibm_quantum_platform"`` (or its older name ``"ibm_cloud"``), or ``"local"`` for
        the embedded runtime.
    token : str
        The API key, or the embedded runtime's token. Never part of a ``repr``.
    url : str
        The service's root. Under ``cloud.ibm.com`` the instance's region chooses the host;
        any other is taken as it is.
    instance : str, optional
        The CRN to act for.
    proxies : mapping, optional
        As in requests; None leaves it to the environment (never used for ``"local"``).
    verify : bool or str
        As in requests: check the certificate, or the path of a CA bundle.
    iam_url : str
        Where an API key is exchanged for a bearer token.
    connect_timeout_s, read_timeout_s : float
        Longest wait for a connection, and for an answer that makes no progress, in seconds.
    retry_for_s : float
        What may pass, such as a gateway's 502, is tried again for so many seconds in all.
    private_endpoint : bool
        Reach IBM's service by its private network.
    url_resolver : callable, optional
        Called as in upstream with url, instance, private_endpoint and channel; returns the
        base of all paths in place of the rules above.

    Raises
    ------
    IBMInputValueError
        If a time limit is not a number of seconds above 0: none is endless. If the token or
        the instance holds what no header can, such as a line break. If the url or a proxy is
        no address.
    """

    channel: str
    token: str = field(repr=False)
    url: str = _urls.CLOUD_URL
    instance: str | None = None
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    verify: bool | str = True
    iam_url: str = IAM_URL
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    retry_for_s: float = 60.0
    private_endpoint: bool = False
    url_resolver: Callable[[str, str | None, bool, str], str] | None = field(
        default=None, repr=False
    )

    def __post_init__(self) -> None:
        """Hide the token, and refuse what cannot be sent or would wait for ever."""
        object.__setattr__(self, "token", Secret(self.token))
        object.__setattr__(self, "proxies", hidden(self.proxies))
        for name in ("token", "instance"):
            text = str(getattr(self, name) or "")
            if not (text.isascii() and text.isprintable()):
                # The HTTP library would quote it in its error.
                msg = f"The {name} holds a line break, or another character of no {name}."
                raise IBMInputValueError(msg)
        for name in ("connect_timeout_s", "read_timeout_s", "retry_for_s"):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value <= 0:
                msg = f"{name} is a number of seconds above 0, not {value!r}."
                raise IBMInputValueError(msg)
        for name, address in {"url": self.url, **(self.proxies or {})}.items():
            # Beside the proxies requests has a list of hosts that need none, "no_proxy".
            if address and name not in ("no", "no_proxy") and not _is_address(address):
                what = "url" if name == "url" else f"proxy of {name!r}"
                msg = f"The {what} has no host, or a bad port."
                raise IBMInputValueError(msg)

    def for_instance(self, instance: str) -> Self:
        """Return the same for another instance (CRN), in its region."""
        return replace(self, instance=instance)

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded runtime, which also pushes changes."""
        return self.channel == "local"

    @property
    def api_url(self) -> str:
        """The base that every path of the protocol is under."""
        if self.url_resolver is not None:
            resolved = self.url_resolver(
                self.url, self.instance, self.private_endpoint, self.channel
            )
            return resolved.rstrip("/")
        return _urls.api_url(self.url, self.instance, private=self.private_endpoint)


def _is_address(text: str) -> bool:
    """Whether a text is an address with a host; requests takes one without a scheme too."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
