"""IBM's own client on the embedded runtime: code written for IBM runs unchanged on a laptop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runtime_widgets import local
from runtime_widgets.errors import UpstreamMissingError
from runtime_widgets.params import ClientParameters

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService

    from runtime_widgets.local_runtime import LocalRuntime

__all__ = ["connect_upstream"]

OLDEST = (0, 49)
_one_at_a_time = threading.Lock()
"""The environment is the process's: two calls at once would restore each other's."""


def connect_upstream(runtime: LocalRuntime | None = None) -> QiskitRuntimeService:
    """Return IBM's ``QiskitRuntimeService`` on the embedded runtime, found or started.

    It is that client's own class, unchanged: what you get from it, and give to its primitives,
    sessions and batches, is its own too. It needs no account, and reads and writes none.
    If the runtime has ended by itself, the next request starts it again.

    Parameters
    ----------
    runtime : LocalRuntime, optional
        One's own runtime; else the user's, as ``QiskitRuntimeService(channel="local")`` has it.

    Raises
    ------
    UpstreamMissingError
        If ``qiskit-ibm-runtime`` is not installed, older than 0.49, or too new to be known.
    LocalRuntimeError
        If the embedded runtime cannot be started.

    Notes
    -----
    That client learns from environment variables where to exchange a token and to search an
    account, so these are set for as long as this call takes, and then are as they were:
    ``IAM_URL``, ``GLOBAL_SEARCH_URL``, ``GLOBAL_CATALOG_URL``, ``NO_PROXY`` and ``no_proxy``;
    ``QISKIT_FUNCTIONS_EXPERIMENTAL`` is taken out. Do not sign in to IBM in another thread in
    that moment. Calls of this function itself may come from many threads.

    Examples
    --------
    >>> from qiskit_ibm_runtime import SamplerV2  # doctest: +SKIP
    >>> service = connect_upstream()  # doctest: +SKIP
    >>> SamplerV2(service.least_busy()).run([circuit])  # doctest: +SKIP
    """
    service_class = _service_class()
    where = _whereabouts(runtime)
    params = where()
    with _one_at_a_time, _environment(params.url):
        service: QiskitRuntimeService = service_class(
            channel="ibm_quantum_platform",
            token=params.token,
            instance=params.instance,
            url=params.url,
            url_resolver=lambda *_args, **_more: f"{params.url}/api/v1",
        )
        _stay_here(service, _Here(where))
    return service


def _service_class() -> Any:
    """Import IBM's client, in a version that can be pointed elsewhere."""
    try:
        import qiskit_ibm_runtime
    except ModuleNotFoundError as exc:
        if exc.name != "qiskit_ibm_runtime":
            raise
        raise UpstreamMissingError(
            "IBM's client is not installed: pip install qiskit-ibm-runtime. "
            'Without it, use runtime_widgets.QiskitRuntimeService(channel="local").'
        ) from exc
    version = str(qiskit_ibm_runtime.__version__)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        # Before, it knows no IAM_URL: it would send the runtime's token to IBM.
        raise UpstreamMissingError(
            f"IBM's client is here in version {version}; 0.49 is the first that can be pointed at "
            "another service: pip install --upgrade qiskit-ibm-runtime."
        )
    return qiskit_ibm_runtime.QiskitRuntimeService


def _whereabouts(runtime: LocalRuntime | None) -> Callable[[], ClientParameters]:
    """Return a function that tells where the runtime is, and starts the user's if it has ended."""
    if runtime is not None:
        return runtime.params
    found = local.Whereabouts(local.find_or_start())
    return lambda: found(start=True)


class _Here:
    """Signs each request of IBM's client, and sends it to where the runtime is by now.

    In place of that client's own, which goes to IBM with the token wherever it is copied.
    """

    def __init__(self, where: Callable[[], ClientParameters]) -> None:
        self._where = where

    def __call__(self, request: Any) -> Any:
        """Sign one request, as requests' hook for that."""
        params = self._where()
        asked = urlsplit(request.url)
        request.url = asked._replace(netloc=urlsplit(params.url).netloc).geturl()
        request.headers["Authorization"] = f"Bearer {params.token}"
        request.headers["Service-CRN"] = params.instance
        return request

    def __deepcopy__(self, _memo: dict[int, Any]) -> _Here:
        return self  # a copied device is reached in the same way

    def __repr__(self) -> str:
        return "<the embedded runtime's token>"


def _stay_here(service: Any, auth: _Here) -> None:
    """Give all connections of a service this signature, and no proxy from the environment."""
    try:
        clients = (service._active_api_client, *service._api_clients.values())  # noqa: SLF001
        sessions = [client._session for client in clients]  # noqa: SLF001
    except AttributeError as exc:
        # Left to itself it would send the token to IBM, sooner or later.
        raise UpstreamMissingError(
            "IBM's client is here in a version that this package does not know yet: "
            f"{exc}. Install one that it knows, such as qiskit-ibm-runtime 0.51."
        ) from exc
    for session in sessions:
        session.auth = auth
        session.trust_env = False


@contextmanager
def _environment(root: str) -> Iterator[None]:
    """Set what IBM's client reads while it is made; see :func:`connect_upstream`."""
    here = urlsplit(root).hostname or ""
    wanted: dict[str, str | None] = {
        "IAM_URL": root,
        "GLOBAL_SEARCH_URL": root,
        "GLOBAL_CATALOG_URL": root,
        "QISKIT_FUNCTIONS_EXPERIMENTAL": None,
    }
    for name in ("NO_PROXY", "no_proxy"):
        wanted[name] = ",".join(filter(None, (os.environ.get(name), here)))
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
