"""What noise learners answer: the Pauli-Lindblad error of each layer of a circuit.

The service writes it, and a user hands it to an estimator's options, in envelopes of the type
``_json``, which name a class of IBM's client (qiskit-ibm-runtime, ``json.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .limits import PayloadError
from .reader import Reader
from .registry import Kind
from .writer import Writer

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import PauliList

__all__ = ["KINDS", "LayerError", "PauliLindbladError"]


@dataclass(frozen=True, eq=False)
class PauliLindbladError:
    """A Pauli channel ``exp(sum of rate * (P rho P - rho))``.

    Attributes
    ----------
    generators : PauliList
        The Paulis ``P``; the last letter of a label is the circuit's first qubit.
    rates : ndarray of float
        One for each.
    """

    generators: PauliList
    rates: np.ndarray[Any, Any]

    @property
    def num_qubits(self) -> int:
        """The number of qubits that it acts on."""
        return int(self.generators.num_qubits)


@dataclass(frozen=True, eq=False)
class LayerError:
    """A layer of gates, and its noise.

    Attributes
    ----------
    circuit : QuantumCircuit
        The layer, on as many qubits as there are `qubits`.
    qubits : list of int
        Which of the device's qubits the circuit's are.
    error : PauliLindbladError or None
        None if it is not known.
    """

    circuit: QuantumCircuit
    qubits: list[int]
    error: PauliLindbladError | None = None


# Where the classes were until qiskit-ibm-runtime 0.48, which it still writes, and are now.
_WRITTEN = "qiskit_ibm_runtime.utils.noise_learner_result"
_HOMES = (_WRITTEN, "qiskit_ibm_runtime.results.noise_learner")
_CLASSES = ("LayerError", "PauliLindbladError")


def _to_wire(obj: Any, _: Writer) -> dict[str, Any]:
    name = type(obj).__name__
    if name == "LayerError":
        value = {"circuit": obj.circuit, "qubits": obj.qubits, "error": obj.error}
    else:
        value = {"generators": obj.generators, "rates": obj.rates}
    return {"__type__": "_json", "__module__": _WRITTEN, "__class__": name, "__value__": value}


def _from_wire(envelope: dict[str, Any], _: Reader) -> Any:
    value = envelope["__value__"]
    if not isinstance(value, dict):
        raise PayloadError(f"a {envelope['__class__']} that is no object")
    if envelope["__class__"] == "LayerError":
        return _layer(value)
    return _error(value)


def _layer(value: dict[str, Any]) -> LayerError:
    from qiskit import QuantumCircuit

    circuit, qubits, error = value["circuit"], value["qubits"], value.get("error")
    if not isinstance(circuit, QuantumCircuit):
        raise PayloadError("a LayerError whose circuit is none")
    if not isinstance(qubits, list) or any(type(qubit) is not int for qubit in qubits):
        raise PayloadError("a LayerError whose qubits are no list of numbers")
    if error is not None and not isinstance(error, PauliLindbladError):
        raise PayloadError("a LayerError whose error is no PauliLindbladError")
    counts = {circuit.num_qubits, len(qubits), *([error.num_qubits] if error else [])}
    if len(counts) > 1:
        raise PayloadError("a LayerError whose parts have different numbers of qubits")
    return LayerError(circuit, qubits, error)


def _error(value: dict[str, Any]) -> PauliLindbladError:
    import numpy as np
    from qiskit.quantum_info import PauliList

    generators = value["generators"]
    if not isinstance(generators, PauliList):
        raise PayloadError("a PauliLindbladError whose generators are no PauliList")
    rates = np.asarray(value["rates"], dtype=float)
    if rates.shape != (len(generators),):
        raise PayloadError("a PauliLindbladError with another number of rates than of generators")
    return PauliLindbladError(generators, rates)


KINDS = (
    Kind(
        "_json",
        (
            LayerError,
            PauliLindbladError,
            *(f"{home}.{name}" for home in _HOMES for name in _CLASSES),
        ),
        _to_wire,
        _from_wire,
        whole=True,
        classes=_CLASSES,
    ),
)
