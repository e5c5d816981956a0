"""The noise of annotated boxes: version 3 of the program ``noise-learner``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit

from runtime_widgets.codec import UNTRUSTED_LIMITS
from runtime_widgets.codec.reader import Reader
from runtime_widgets.codec.tensors import tensor_to_wire
from runtime_widgets.server.work.executor_reader import read_blob, reading
from runtime_widgets.server.work.executor_schema import Version
from runtime_widgets.server.work.layer_learner import NOTE
from runtime_widgets.server.work.learner_boxes import Box, read_boxes
from runtime_widgets.server.work.learner_schema import BoxParams, validated
from runtime_widgets.server.work.noise import Noise, noise_of
from runtime_widgets.server.work.pauli_lindblad import (
    Term,
    averaged,
    depolarizing_rates,
    embedded,
    terms_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Work

__all__ = ["check_boxes", "run_boxes"]

_log = logging.getLogger("runtime_widgets.noise_learner")
_NEWEST_QPY = {"v0.1": 16, "v0.2": 17, "v0.3": 17}


def check_boxes(params: dict[str, Any], device: DeviceSpec) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    _, boxes = _read(params, device)
    return {
        "num_circuits": len(boxes),
        "num_qubits": [len(box.qubits) for box in boxes],
        "circuit_depths": [box.body.depth() for box in boxes],
        "work": float(sum(len(box.qubits) + len(box.core) for box in boxes)),
    }


def run_boxes(work: Work) -> dict[str, Any]:
    """Compute the model of every box."""
    parsed, boxes = _read(work.params, work.device)
    work.executing()
    noise = noise_of(work.device)
    data = [_model(box, noise) for box in boxes]
    _log.warning(
        "The noise of %d boxes was %s. Options about what to sample, and how, have no effect.",
        len(boxes),
        NOTE,
    )
    return {"schema_version": parsed.schema_version, "data": data}


def _read(params: dict[str, Any], device: DeviceSpec) -> tuple[BoxParams, list[Box]]:
    parsed = validated(BoxParams, params, "")
    version = Version(newest_qpy=_NEWEST_QPY[parsed.schema_version])
    reader = Reader(UNTRUSTED_LIMITS, keep_unknown=False)
    (circuit,) = reading(
        "instructions",
        lambda: read_blob(parsed.instructions, "circuit_b64", 1, version, reader),
    )
    return parsed, read_boxes(circuit, device)


def _model(box: Box, noise: Noise) -> dict[str, Any]:
    """Return the model of a box; its qubits are numbered in the device's order."""
    terms = _of_measurements(box, noise) if box.protocol == "trex" else _of_gates(box, noise)
    return {
        "generators_sparse": [
            [[letters, [*places]] for letters, places in term.paulis] for term in terms
        ],
        "num_qubits": len(box.qubits),
        "rates": tensor_to_wire(np.array([term.rate for term in terms]), compressed=False),
        "rates_std": tensor_to_wire(np.zeros(len(terms)), compressed=False),
        "metadata": {
            "learning_protocol": box.protocol,
            # Of what was not sampled, nothing was discarded.
            "post_selection": {
                "fraction_kept": 1.0 if box.protocol == "trex" else {},
                "success_rates": {},
            },
            "noise": NOTE,
        },
    }


def _places(box: Box) -> list[int]:
    """Return where each of the body's qubits stands among those of the box, in device order."""
    place = {qubit: index for index, qubit in enumerate(sorted(box.qubits))}
    return [place[qubit] for qubit in box.qubits]


def _dressing(box: Box, qubit: int, noise: Noise) -> NDArray[np.float64]:
    """Return the rates of the gates with which a twirl dresses one qubit."""
    strengths = [noise.gates.get((name, (box.qubits[qubit],)), 0.0) for name in box.template]
    return sum((depolarizing_rates(strength, 1) for strength in strengths), start=np.zeros(4))


def _of_gates(box: Box, noise: Noise) -> list[Term]:
    """Model a layer of gates: its dressing and its gates, pair by pair and qubit by qubit."""
    places = _places(box)
    single = {qubit: _dressing(box, qubit, noise) for qubit in range(len(box.qubits))}
    terms: list[Term] = []
    for operation, qubits in box.core:
        strength = noise.gates.get((operation.name, tuple(box.qubits[q] for q in qubits)), 0.0)
        own = depolarizing_rates(strength, len(qubits))
        if len(qubits) == 1:
            single[qubits[0]] = single[qubits[0]] + own
            continue
        first, second = qubits
        rates, groups = averaged(
            embedded(single.pop(first), single.pop(second)) + own, _content(box, qubits)
        )
        terms += terms_of(rates, (places[first], places[second]), groups)
    for qubit, rates in single.items():
        terms += terms_of(rates, (places[qubit],))
    return sorted(terms, key=lambda term: term.paulis[0][1])


def _content(box: Box, qubits: tuple[int, ...]) -> QuantumCircuit:
    """Return all that a box does to a pair of its qubits, dressed gates included."""
    place = {qubit: index for index, qubit in enumerate(qubits)}
    content = QuantumCircuit(2)
    for instruction in box.body.data:
        acted = [box.body.find_bit(qubit).index for qubit in instruction.qubits]
        if acted[0] in place and instruction.operation.name not in ("barrier", "delay"):
            content.append(instruction.operation, [place[qubit] for qubit in acted])
    return content


def _of_measurements(box: Box, noise: Noise) -> list[Term]:
    """Model measurements as bits that flip, as often for 0 as for 1 once they are twirled."""
    terms = []
    for qubit, place in enumerate(_places(box)):
        flips = noise.readout.get(box.qubits[qubit], np.eye(2))
        dressing = _dressing(box, qubit, noise)
        fidelity = 1.0 - flips[1, 0] - flips[0, 1]
        # X and Y of the dressing turn the bit, too.
        rate = -np.log(fidelity) / 2 + dressing[1] + dressing[2]
        terms.append(Term((("X", (place,)),), max(0.0, float(rate))))
    return sorted(terms, key=lambda term: term.paulis[0][1])
