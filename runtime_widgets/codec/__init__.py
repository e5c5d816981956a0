"""The Runtime JSON, both ways: circuits, arrays and results to text and back.

The service wraps what JSON has no word for in an envelope
``{"__type__": T, "__value__": V}``. Each ``T`` is one `Kind` in a registry; what is
not registered is not decoded. Nothing here unpickles, imports a module named by a
payload, or allocates more than its `Limits` allow.

::

    dumps / encode  ->  Writer.walk  ->  Kind.to_wire      (by the type of the object)
    loads / decode  ->  Reader.walk  ->  Kind.from_wire    (by the name on the wire)

Importing this package imports neither numpy nor qiskit: kinds name the types they
are for as text, and import them when one has to be built.
"""

from __future__ import annotations

from . import arrays, circuits, layer_noise, plain, primitives, spans
from .layer_noise import LayerError, PauliLindbladError
from .limits import DEFAULT_LIMITS, UNTRUSTED_LIMITS, Limits
from .reader import decode, loads
from .registry import Kind, Opaque, kinds, register
from .results import ResultDecoder
from .spans import DataSlice, ExecutionSpan, ExecutionSpans
from .writer import SERVICE_QPY_VERSION, dumps, encode

__all__ = [
    "DEFAULT_LIMITS",
    "SERVICE_QPY_VERSION",
    "UNTRUSTED_LIMITS",
    "DataSlice",
    "ExecutionSpan",
    "ExecutionSpans",
    "Kind",
    "LayerError",
    "Limits",
    "Opaque",
    "PauliLindbladError",
    "ResultDecoder",
    "decode",
    "dumps",
    "encode",
    "kinds",
    "loads",
    "register",
]

for _module in (plain, arrays, circuits, primitives, spans, layer_noise):
    for _kind in _module.KINDS:
        register(_kind)
