"""Where a client connects, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        Longest wait for a connection, and between two bytes of an answer, in seconds.
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

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded runtime, which also pushes changes."""
        return self.channel == "local"

    @property
    def api_url(self) -> str:
        """The base that every path of the protocol is under."""
        return self.url.rstrip("/") + "/api/v1"
