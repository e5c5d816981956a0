"""What runs in worker processes: the only part of the server that imports qiskit."""

from __future__ import annotations

__all__: list[str] = []
