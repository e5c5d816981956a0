"""Annotations of boxes, read as what they are: bytes with a namespace.

qiskit reads a circuit whose boxes carry annotations only with a serializer for each of their
namespaces. What they say is for the package that wrote them; the circuit is of use without.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["keeper"]


@lru_cache(maxsize=1)
def keeper() -> Callable[[], Any]:
    """Return a maker of QPY serializers that read every namespace, and write none."""
    from qiskit.circuit.annotation import Annotation, QPYSerializer

    class Kept(Annotation):
        """An annotation that nobody here understands."""

        def __init__(self, namespace: str, payload: bytes) -> None:
            self.namespace = namespace
            self.payload = payload

    class Keeper(QPYSerializer):
        """Keeps what it is given."""

        namespace = ""

        def load_state(self, namespace: str, payload: bytes) -> None:
            del payload
            self.namespace = namespace

        def load_annotation(self, payload: bytes) -> Kept:
            return Kept(self.namespace, bytes(payload))

        def dump_annotation(self, namespace: str, annotation: Any) -> Any:
            del namespace, annotation
            return NotImplemented

    return Keeper
