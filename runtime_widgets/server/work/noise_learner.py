"""The program `noise-learner`: Pauli-Lindblad models of layers of gates, and of measurements.

A processor's noise is learned by sampling; that of a device here is known, and what an endless
experiment would come to is computed. The result and the job's log say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime_widgets.server.programs import Program
from runtime_widgets.server.work.box_learner import check_boxes, run_boxes
from runtime_widgets.server.work.layer_learner import check_layers, run_layers

if TYPE_CHECKING:
    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["PROGRAM"]


def _of_boxes(params: dict[str, Any]) -> bool:
    """Say whether the parameters are of version 3, as IBM's client tells it."""
    return "schema_version" in params


def check(params: dict[str, Any], device: DeviceSpec, around: Surroundings) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    if _of_boxes(params):
        return check_boxes(params, device)
    return check_layers(params, device, around)


def run(work: Work) -> dict[str, Any]:
    """Compute what is asked for."""
    return run_boxes(work) if _of_boxes(work.params) else run_layers(work)


PROGRAM = Program(run, check)
