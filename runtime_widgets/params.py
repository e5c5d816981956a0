"""Where a client connects, and as whom."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from typing_extensions import Self

from runtime_widgets._secrets import Secret
from runtime_widgets.errors import IBMInputValueError

__all__ = ["ClientParameters"]

IBM_URL = "https://quantum.cloud.ibm.com"
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
        The API key, or the embedded runtime's token. Never part of the ``repr``.
    url : str
        The service's root, without ``/api/v1``.
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

    Raises
    ------
    IBMInputValueError
        If a time limit is not a number of seconds above 0: none is endless.
    """

    channel: str
    token: str = field(repr=False)
    url: str = IBM_URL
    instance: str | None = None
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    verify: bool | str = True
    iam_url: str = IAM_URL
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    retry_for_s: float = 60.0

    def __post_init__(self) -> None:
        """Hide the token, and refuse what would wait for ever."""
        object.__setattr__(self, "token", Secret(self.token))
        for name in ("connect_timeout_s", "read_timeout_s", "retry_for_s"):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value <= 0:
                msg = f"{name} is a number of seconds above 0, not {value!r}."
                raise IBMInputValueError(msg)

    def for_instance(self, instance: str) -> Self:
        """Return the same for another instance (CRN)."""
        return replace(self, instance=instance)

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded runtime, which also pushes changes."""
        return self.channel == "local"

    @property
    def api_url(self) -> str:
        """The base that every path of the protocol is under."""
        return self.url.rstrip("/") + "/api/v1"
