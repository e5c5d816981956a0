"""Program id -> what runs. Looked up in worker processes only.

A program of one's own is a function ``run(params, publish) -> result``: `params` are the decoded
parameters, ``publish(value)`` publishes an interim result, and the result is anything that the
codec can write. It is registered by option as ``name=module:function`` and imported by the
worker processes, never by the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from runtime_widgets.server import problems
from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["BUILT_IN", "Program", "find_program", "parse_programs"]

BUILT_IN = {
    "sampler": "runtime_widgets.server.work.sampler:PROGRAM",
    "estimator": "runtime_widgets.server.work.estimator:PROGRAM",
    "executor": "runtime_widgets.server.work.executor:PROGRAM",
    # One program under two names: IBM's client has the first, QRMI the second.
    "noise-learner": "runtime_widgets.server.work.noise_learner:PROGRAM",
    "noiselearner": "runtime_widgets.server.work.noise_learner:PROGRAM",
}


@dataclass(frozen=True)
class Program:
    """A program: how it runs, and how its parameters are checked at submission.

    Attributes
    ----------
    run
        Runs one job and returns its result.
    check
        Refuses bad parameters with a Problem, or returns what it counted in good ones.
    """

    run: Callable[[Work], Any]
    check: Callable[[dict[str, Any], DeviceSpec, Surroundings], dict[str, Any]]


def parse_programs(texts: Iterable[str]) -> dict[str, str]:
    """Read ``name=module:function``, any number of them.

    Raises
    ------
    ValueError
        If a text does not look like that, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, target = (part.strip() for part in text.partition("="))
        module, _, function = target.partition(":")
        if not name or not module or not function:
            raise ValueError(f"--program {text!r}: write it as name=module:function")
        if name in found:
            raise ValueError(f"--program {text}: there is another one of this name")
        found[name] = target
    return found


def find_program(name: str, around: Surroundings) -> Program:
    """Return a program, or refuse with 404."""
    target = around.programs.get(name) or BUILT_IN.get(name)
    if target is None:
        known = ", ".join(sorted({*around.programs, *BUILT_IN}))
        raise problems.not_found("program", name, f"These programs run here: {known}.")
    module, _, attribute = target.partition(":")
    if name in around.programs:
        # Imported when it runs: a module that cannot be imported fails its job, not the check.
        return Program(lambda work: _call(module, attribute, work), lambda *_: {})
    return cast("Program", getattr(import_module(module), attribute))


def _call(module: str, attribute: str, work: Work) -> Any:
    function = getattr(import_module(module), attribute)
    work.executing()
    return function(work.params, work.publish)
