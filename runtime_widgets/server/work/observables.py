"""Observables in Paulis alone: what qiskit's estimators take.

The protocol also has projectors: ``0 1`` of Z, ``+ -`` of X, ``r l`` of Y. Each is half of the
identity plus or minus half of its Pauli.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from qiskit.primitives.containers.observables_array import ObservablesArray

__all__ = ["in_paulis", "terms_needed"]

_PROJECTORS = {
    "0": ("Z", 0.5), "1": ("Z", -0.5), "+": ("X", 0.5), "-": ("X", -0.5), "r": ("Y", 0.5),
    "l": ("Y", -0.5),
}  # fmt: skip


def terms_needed(observable: Mapping[str, Any]) -> int:
    """Return how many Pauli terms an observable becomes: two for each projector of a term."""
    return sum(2 ** sum(map(term.count, _PROJECTORS)) for term in observable)


def in_paulis(observables: ObservablesArray) -> ObservablesArray:
    """Write the projectors of all observables as Paulis."""
    found = np.empty(observables.size, dtype=object)
    for index, observable in enumerate(np.ravel(observables.tolist())):
        found[index] = _expanded(observable)
    return ObservablesArray(found.reshape(observables.shape))


def _expanded(observable: Mapping[str, float]) -> dict[str, float]:
    terms: dict[str, float] = {}
    for term, weight in observable.items():
        choices = [_choices(letter) for letter in term]
        for chosen in product(*choices):
            letters = "".join(letter for letter, _ in chosen)
            factor = float(np.prod([factor for _, factor in chosen]))
            terms[letters] = terms.get(letters, 0.0) + weight * factor
    return terms


def _choices(letter: str) -> list[tuple[str, float]]:
    if letter not in _PROJECTORS:
        return [(letter, 1.0)]
    pauli, half = _PROJECTORS[letter]
    return [("I", 0.5), (pauli, half)]
