"""Whether the programs of one's own are there: found out in a process that may be lost.

The server never imports them. What is imported in a process of its own, as the worker processes
will import it, can neither print into the server's output nor end it.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

__all__ = ["check_programs"]

_PATIENCE_SECONDS = 30.0


def check_programs(programs: Mapping[str, str]) -> None:
    """Refuse programs whose module or function is not there.

    A module that takes longer than half a minute to import is not waited for: its jobs will say
    what is wrong with it.

    Parameters
    ----------
    programs
        ``name -> "module:function"``.

    Raises
    ------
    ValueError
        With a sentence that names the option.
    """
    if not programs:
        return
    path = [p or str(Path.cwd()) for p in sys.path]
    asked = json.dumps({"path": path, "programs": dict(programs)})
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=_PATIENCE_SECONDS,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        )
    except subprocess.TimeoutExpired:
        return
    at, _, trouble = done.stdout.strip().rpartition("\n")[2].partition("\t")
    if trouble:
        raise ValueError(f"--program {at}={programs[at]}: {trouble}")
    if done.returncode != 0 or at != "fine":
        raise ValueError(f"--program: a module of {', '.join(programs)} ends who imports it")


def _trouble(target: str) -> str:
    """Say what is wrong with a program, in one line; nothing if nothing is."""
    name, _, attribute = target.partition(":")
    try:
        module = import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is not None and f"{name}.".startswith(f"{exc.name}."):
            return f"there is no module {exc.name}; PYTHONPATH names the folders that are looked in"
        return f"the module {name} cannot be imported: {exc}"
    except Exception as exc:
        said = " ".join(str(exc).split())
        return f"the module {name} cannot be imported: {type(exc).__name__}: {said}"
    function = getattr(module, attribute, None)
    if not callable(function):
        return f"the module {name} has no function {attribute}"
    try:
        inspect.signature(function).bind(None, None)
    except ValueError:  # it does not tell what it takes
        return ""
    except TypeError:
        return f"{attribute} is to be a function of two: run(params, publish)"
    return ""


def _main() -> None:
    """Look at each program, and print what is wrong with the first one that is not fine."""
    # What a module prints goes nowhere.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    for name, target in asked["programs"].items():
        if trouble := _trouble(target):
            out.write(f"{name}\t{trouble}\n")
            break
    else:
        out.write("fine\n")
    out.close()


if __name__ == "__main__":
    _main()
