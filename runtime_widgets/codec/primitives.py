"""What goes into the primitives and what comes out of them."""

from __future__ import annotations

import json
from typing import Any

from .limits import PayloadError
from .reader import Reader
from .registry import Kind, Opaque
from .writer import Writer

__all__ = ["KINDS"]

_HOME = "qiskit.primitives.containers"


def _fields(value: Any, what: str, *needed: str) -> list[Any]:
    """Return the named members of an object; members with other names are ignored."""
    if not isinstance(value, dict):
        raise PayloadError(f"a {what} must be an object, not {type(value).__name__}")
    for name in needed:
        if name not in value:
            raise PayloadError(f"a {what} without {name}")
    return [value[name] for name in needed]


def _shape(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    sides = [value] if isinstance(value, int) else list(value)
    if any(type(side) is not int or side < 0 for side in sides):
        raise PayloadError("a shape must be a list of numbers that are not negative")
    return tuple(sides)


def _bit_array_to_wire(bits: Any, _: Writer) -> dict[str, Any]:
    """`array` is uint8 of shape ``(*shape, shots, ceil(num_bits / 8))``."""
    return {"array": bits.array, "num_bits": bits.num_bits}


def _bit_array_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import BitArray

    array, num_bits = _fields(value, "BitArray", "array", "num_bits")
    if type(num_bits) is not int or num_bits < 0:
        raise PayloadError("a BitArray whose num_bits is no number of bits")
    return BitArray(array, num_bits)


def _data_bin_to_wire(data: Any, _: Writer) -> dict[str, Any]:
    return {"field_names": list(data), "shape": data.shape, "fields": dict(data.items())}


def _data_bin_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import DataBin

    (fields,) = _fields(value, "DataBin", "fields")
    return DataBin(shape=_shape(value.get("shape")), **fields)


def _pub_result_to_wire(result: Any, _: Writer) -> dict[str, Any]:
    return {"data": result.data, "metadata": result.metadata}


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    metadata = value.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise PayloadError("metadata must be an object")
    return metadata


def _pub_result_parts(value: Any) -> tuple[Any, dict[str, Any]]:
    from qiskit.primitives import DataBin

    (data,) = _fields(value, "PubResult", "data")
    if not isinstance(data, (DataBin, Opaque)):
        raise PayloadError("a PubResult whose data is no DataBin")
    return data, _metadata(value)


def _pub_result_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import PubResult

    return PubResult(*_pub_result_parts(value))


def _sampler_pub_result_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import SamplerPubResult

    return SamplerPubResult(*_pub_result_parts(value))


def _primitive_result_to_wire(result: Any, _: Writer) -> dict[str, Any]:
    return {"pub_results": list(result), "metadata": result.metadata}


def _primitive_result_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import PrimitiveResult, PubResult

    (results,) = _fields(value, "PrimitiveResult", "pub_results")
    if not isinstance(results, list) or not all(
        isinstance(result, (PubResult, Opaque)) for result in results
    ):
        raise PayloadError("a PrimitiveResult of something else than pub results")
    return PrimitiveResult(results, _metadata(value))


def _bindings_to_wire(bindings: Any, _: Writer) -> dict[str, Any]:
    """Each key is the JSON of a list of parameter names."""
    data = {json.dumps(list(names)): array for names, array in bindings.data.items()}
    return {"shape": bindings.shape, "data": data}


def _bindings_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives import BindingsArray

    (data,) = _fields(value, "BindingsArray", "data")
    shape = value.get("shape")
    named = {}
    for text, array in (data or {}).items():
        names = json.loads(text)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PayloadError("a BindingsArray whose keys are no lists of parameter names")
        named[tuple(names)] = array
    return BindingsArray(named, shape=None if shape is None else _shape(shape))


def _observables_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.primitives.containers.observables_array import ObservablesArray

    return ObservablesArray(value)


def _sampler_pub_to_wire(pub: Any, _: Writer) -> list[Any]:
    """``[circuit, values of shape (*shape, n_parameters), shots or None]``."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    return [pub.circuit, values, pub.shots]


def _estimator_pub_to_wire(pub: Any, _: Writer) -> list[Any]:
    """``[circuit, observables, values of shape (*shape, n_parameters), precision or None]``."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    return [pub.circuit, pub.observables.tolist(), values, pub.precision]


def _pauli_map_to_wire(paulis: Any, _: Writer) -> dict[str, Any]:
    return {"paulis": paulis.to_sparse_list(), "num_qubits": paulis.num_qubits}


def _pauli_map_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.quantum_info import PauliLindbladMap

    terms, num_qubits = _fields(value, "PauliLindbladMap", "paulis", "num_qubits")
    return PauliLindbladMap.from_sparse_list([tuple(term) for term in terms], num_qubits=num_qubits)


KINDS = (
    Kind("BitArray", (f"{_HOME}.bit_array.BitArray",), _bit_array_to_wire, _bit_array_from_wire),
    Kind("DataBin", (f"{_HOME}.data_bin.DataBin",), _data_bin_to_wire, _data_bin_from_wire),
    Kind(
        "SamplerPubResult",
        (f"{_HOME}.sampler_pub_result.SamplerPubResult",),
        _pub_result_to_wire,
        _sampler_pub_result_from_wire,
    ),
    Kind(
        # qiskit has no such class; upstream's own is known by its name alone.
        "EstimatorPubResult",
        (
            "qiskit_ibm_runtime.results.estimator_pub.EstimatorPubResult",
            "qiskit_ibm_runtime.utils.estimator_pub_result.EstimatorPubResult",
        ),
        _pub_result_to_wire,
        _pub_result_from_wire,
    ),
    Kind(
        "PubResult", (f"{_HOME}.pub_result.PubResult",), _pub_result_to_wire, _pub_result_from_wire
    ),
    Kind(
        "PrimitiveResult",
        (f"{_HOME}.primitive_result.PrimitiveResult",),
        _primitive_result_to_wire,
        _primitive_result_from_wire,
    ),
    Kind(
        "BindingsArray",
        (f"{_HOME}.bindings_array.BindingsArray",),
        _bindings_to_wire,
        _bindings_from_wire,
    ),
    Kind(
        "ObservablesArray",
        (f"{_HOME}.observables_array.ObservablesArray",),
        lambda observables, _: observables.tolist(),
        _observables_from_wire,
    ),
    Kind(
        "PauliLindbladMap",
        ("qiskit.quantum_info.PauliLindbladMap",),
        _pauli_map_to_wire,
        _pauli_map_from_wire,
    ),
    Kind(None, (f"{_HOME}.sampler_pub.SamplerPub",), _sampler_pub_to_wire),
    Kind(None, (f"{_HOME}.estimator_pub.EstimatorPub",), _estimator_pub_to_wire),
)
