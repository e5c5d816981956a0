"""How the qubits of a device are coupled."""

from __future__ import annotations

import math

__all__ = ["brick_wall", "grid", "heavy_hex", "heavy_hex_places"]


def brick_wall(qubits: int) -> list[tuple[int, int]]:
    """Return the couplings of a brick wall of any size.

    It has rows of about the square root of the number of qubits, with every second rung left
    out, which gives it the degree (at most three) of a heavy lattice.
    """
    width = _width(qubits)
    pairs: list[tuple[int, int]] = []
    for qubit in range(qubits):
        row, column = divmod(qubit, width)
        if column + 1 < width and qubit + 1 < qubits:
            pairs.append((qubit, qubit + 1))
        alone = column == 0 and qubit + width == qubits - 1  # a last row of one qubit
        if (alone or (row + column) % 2 == 0) and qubit + width < qubits:
            pairs.append((qubit, qubit + width))
    return pairs


def grid(qubits: int) -> list[list[int]]:
    """Return the row and the column of each qubit, in rows as long as those of the brick wall."""
    return [list(divmod(qubit, _width(qubits))) for qubit in range(qubits)]


def _width(qubits: int) -> int:
    return max(2, math.isqrt(qubits - 1) + 1)


def heavy_hex_places(rows: list[range], bridges: tuple[range, range]) -> list[list[int]]:
    """Return the row and the column of each qubit of :func:`heavy_hex`; bridges are rows, too."""
    places: list[list[int]] = []
    for index, columns in enumerate(rows):
        places += [[2 * index, column] for column in columns]
        if index + 1 < len(rows):
            places += [[2 * index + 1, column] for column in bridges[index % 2]]
    return places


def heavy_hex(rows: list[range], bridges: tuple[range, range]) -> list[tuple[int, int]]:
    """Return the couplings of a heavy-hexagonal lattice, the lower number first.

    Parameters
    ----------
    rows
        The columns of each row of qubits. The rows are numbered from the top, each followed by
        the bridges to the next one.
    bridges
        The columns of the bridges below the even rows, and below the odd ones.
    """
    pairs: list[tuple[int, int]] = []
    first = 0
    above: dict[int, int] = {}  # column -> the bridge that hangs there
    for index, columns in enumerate(rows):
        place = {column: first + offset for offset, column in enumerate(columns)}
        pairs += [(place[column], place[column] + 1) for column in columns[:-1]]
        pairs += [(bridge, place[column]) for column, bridge in above.items()]
        first += len(columns)
        if index + 1 == len(rows):
            break
        above = {column: first + offset for offset, column in enumerate(bridges[index % 2])}
        pairs += [(place[column], bridge) for column, bridge in above.items()]
        first += len(above)
    return sorted(pairs)
