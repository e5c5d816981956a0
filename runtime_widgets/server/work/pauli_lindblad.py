"""Pauli channels of one and two qubits as Pauli-Lindblad models.

Such a model is ``exp(sum of rate_k * (P_k rho P_k - rho))``. It multiplies a Pauli ``P`` by its
fidelity ``exp(-2 * sum of the rates of those P_k that anticommute with P)`` (arXiv:2201.09866),
so that a Walsh-Hadamard transform of the logarithms of all fidelities gives the rates.

Paulis of n qubits are numbered by 4**n: the digits 0 to 3 are I, X, Y, Z, the last one is the
first qubit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from qiskit.quantum_info import Clifford, PauliList

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

__all__ = ["Term", "averaged", "depolarizing_rates", "embedded", "rates_of", "terms_of"]

_SIGNS = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])


@dataclass(frozen=True)
class Term:
    """Paulis of one rate, each as letters and the places of the qubits that they are for."""

    paulis: tuple[tuple[str, tuple[int, ...]], ...]
    rate: float


def rates_of(fidelities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rate of every Pauli, by the fidelity of every Pauli.

    Rates of what devices here do are never negative; what rounding makes of a zero (1e-18 or
    so below it) is written as zero.
    """
    qubits = len(fidelities).bit_length() // 2
    signs = reduce(np.kron, [_SIGNS] * qubits)
    rates: NDArray[np.float64] = signs @ np.log(fidelities) / len(fidelities)
    rates[0] = 0.0  # the identity does nothing
    return np.clip(rates, 0.0, None)


def depolarizing_rates(strength: float, qubits: int) -> NDArray[np.float64]:
    """Return the rates of a depolarizing channel: it is one of Paulis, twirled or not."""
    fidelities = np.full(4**qubits, 1.0 - strength)
    fidelities[0] = 1.0
    return rates_of(fidelities)


def embedded(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rates of two channels of one qubit each, as those of a pair."""
    rates = np.zeros((4, 4))
    rates[0] += first
    rates[:, 0] += second
    return rates.reshape(16)


def averaged(
    rates: NDArray[np.float64], layer: QuantumCircuit
) -> tuple[NDArray[np.float64], list[list[int]]]:
    """Average the rates of Paulis that a Clifford layer turns into each other.

    Repeating a layer, which is how noise is learned, mixes them: only their sum can be known.

    Returns
    -------
    tuple
        The rates, and the groups of Paulis of one rate.
    """
    groups = list(_orbits(layer))
    found = rates.copy()
    for group in groups:
        found[group] = rates[group].mean()
    return found, groups


def _orbits(layer: QuantumCircuit) -> Iterator[list[int]]:
    """Yield the sets of Paulis between which a Clifford circuit goes, each but the identity."""
    labels = [_label(index, layer.num_qubits) for index in range(4**layer.num_qubits)]
    moved = PauliList(labels).evolve(Clifford(layer), frame="s")
    places = {label: index for index, label in enumerate(labels)}
    goes = [places[label.lstrip("-i")] for label in moved.to_labels()]
    left = set(range(1, len(labels)))
    while left:
        group = [min(left)]
        while goes[group[-1]] != group[0]:
            group.append(goes[group[-1]])
        left -= {*group}
        yield sorted(group)


def terms_of(
    rates: NDArray[np.float64], places: tuple[int, ...], groups: list[list[int]] | None = None
) -> list[Term]:
    """Write rates as terms on some places; `groups` have one rate, None for each its own."""
    count = len(places)
    found = []
    for group in groups or [[index] for index in range(1, 4**count)]:
        paulis = tuple(_sparse(_label(index, count), places) for index in group)
        found.append(Term(paulis, float(rates[group[0]])))
    return found


def _label(index: int, qubits: int) -> str:
    return "".join("IXYZ"[index >> 2 * qubit & 3] for qubit in reversed(range(qubits)))


def _sparse(label: str, places: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    pairs = [(letter, at) for letter, at in zip(reversed(label), places, strict=True)]
    acting = sorted(((at, letter) for letter, at in pairs if letter != "I"))
    return "".join(letter for _, letter in acting), tuple(at for at, _ in acting)
