"""The one import direction: a file imports only from its own floor or from below.

Every import counts, inside functions too; only ``if TYPE_CHECKING:`` does not, for it never runs.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "runtime_widgets"
NAME = "runtime_widgets"
# The embedded runtime is a column of its own: it stands on floor 0 and carries the doors alone.
SERVER = "server"
DOORS = 5
# A new module or folder of the package gets its floor here, and its place in README.md's picture.
FLOORS: dict[str, int] = {
    # 0 pure: no I/O, no other floor
    "errors": 0,
    "states": 0,
    "wire": 0,
    "messages": 0,
    "codec": 0,
    "session_record": 0,
    "_fields": 0,
    "_folders": 0,
    "_forks": 0,
    "_printable": 0,
    "_spreadsheet": 0,
    "_transitions": 0,
    # 1 transport
    "_account_file": 1,
    "_calls": 1,
    "_clock": 0,
    "_connection": 1,
    "_page_memory": 1,
    "_failures": 1,
    "_faults": 1,
    "_retries": 1,
    "_secrets": 0,
    "_session_calls": 1,
    "_steady": 1,
    "_transport": 1,
    "_unreachable": 1,
    "params": 1,
    "accounts": 1,
    "auth": 1,
    "_urls": 0,
    "client": 1,
    "instances": 1,
    "stream": 1,
    "_file_lock": 1,
    "_local_address": 1,
    "_local_process": 1,
    "local": 1,
    "local_runtime": 1,
    # 2 model
    "_as_completed": 2,
    "_allowance": 2,
    "_attention": 2,
    "_device_watch": 2,
    "_engine": 2,
    "_intake": 2,
    "_looker": 2,
    "_metrics_watch": 2,
    "_pages": 2,
    "_push": 2,
    "_roll": 2,
    "_worker": 2,
    "_account_watch": 2,
    "_errand": 2,
    "_following": 2,
    "_listeners": 2,
    "_query_watch": 2,
    "query": 2,
    "query_state": 2,
    "_health": 2,
    "_hooks": 2,
    "_interim": 2,
    "_labels": 2,
    "_observed": 2,
    "_outcome": 2,
    "_result_text": 2,
    "_pace": 2,
    "_reader": 2,
    "_tags": 0,
    "_waiting": 2,
    "_watched": 2,
    "history": 2,
    "_history_asked": 2,
    "_history_entry": 2,
    "_history_export": 2,
    "_history_file": 2,
    "_history_notes": 2,
    "_history_rows": 2,
    "_history_state": 2,
    "_history_turn": 2,
    "_history_writer": 2,
    "_network_folder": 2,
    "tracker": 2,
    "job": 2,
    "base_job": 2,
    "job_state": 2,
    "session_state": 2,
    "_session_watch": 2,
    "_session_words": 0,
    "_notify": 2,
    "_senders": 2,
    "_open_sessions_watch": 2,
    "open_sessions": 2,
    "_usage_watch": 2,
    "usage_state": 2,
    "queue_info": 2,
    "backends": 2,
    "backend_properties": 2,
    "adapters": 2,
    # 3 service
    "options": 3,
    "_account_methods": 3,
    "_budget_cancel": 3,
    "_budget_guard": 3,
    "_budget_meters": 3,
    "budget": 3,
    "_device_methods": 3,
    "_primitive_options": 3,
    "_session_methods": 3,
    "_submission": 3,
    "primitives": 3,
    "session": 3,
    "batch": 3,
    "details": 3,
    "upstream": 3,
    "service": 3,
    "history_services": 3,
    # 4 what is seen
    "widgets": 4,
    # 5 doors
    "cli": DOORS,
    "cli_jobs": DOORS,
    "cli_status": DOORS,
    "_jobs_text": DOORS,
    "labext": DOORS,
    "demo": DOORS,
    "__main__": DOORS,
}
# A table of lazy names: it imports nothing itself, and nothing inside imports through it.
ROOT = "__init__"
MAY_IMPORT_REQUESTS = {"_failures", "_steady", "_transport"}
HEAVY = ["anywidget", "fastapi", "ipywidgets", "numpy", "plotly", "qiskit", "requests", "tornado"]


@dataclass(frozen=True)
class Import:
    """One import statement's target, as a dotted name, and where it stands."""

    importer: str
    target: str
    line: int


def modules_of(package: Path) -> dict[str, Path]:
    """Map ``codec.circuits`` to its file; a package's ``__init__`` has its folder's name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        dotted = ".".join(parts[:-1] if parts[-1] == ROOT and len(parts) > 1 else parts)
        found[dotted] = path
    return found


def running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but the bodies of ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in {
            "TYPE_CHECKING",
            "typing.TYPE_CHECKING",
        }:
            for other in child.orelse:
                yield other
                yield from running_nodes(other)
            continue
        yield child
        yield from running_nodes(child)


def absolute(node: ast.ImportFrom, importer: str, *, is_package: bool) -> str:
    """Spell a relative import out."""
    if node.level == 0:
        return node.module or ""
    here = [NAME, *([] if importer == ROOT else importer.split("."))]
    base = here[: len(here) - node.level + (1 if is_package else 0)]
    return ".".join([*base, *([node.module] if node.module else [])])


def imports_of(importer: str, path: Path, modules: dict[str, Path]) -> Iterator[Import]:
    """Yield every import that can run, by statement or by ``import_module("a constant")``."""
    is_package = path.name == f"{ROOT}.py"
    for node in running_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(node, importer, is_package=is_package)
            for alias in node.names:
                inner = f"{source}.{alias.name}".removeprefix(f"{NAME}.")
                is_module = source.split(".")[0] == NAME and inner in modules
                yield Import(
                    importer, f"{source}.{alias.name}" if is_module else source, node.lineno
                )
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield Import(importer, node.args[0].value, node.lineno)


def own(target: str) -> str | None:
    """Return a target inside the package without the package's name, else None."""
    if target == NAME:
        return ROOT
    return target.removeprefix(f"{NAME}.") if target.startswith(f"{NAME}.") else None


def objection(found: Import) -> str | None:
    """Say what is wrong with one import, or None."""
    importer = found.importer.split(".")[0]
    outside = found.target.split(".")[0]
    if outside == "requests" and found.importer not in MAY_IMPORT_REQUESTS:
        return "only _failures, _steady and _transport may import requests"
    target = own(found.target)
    if target is None or importer == ROOT:
        return None
    if target == ROOT:
        # The doors may show the version; inside, the table of lazy names would hide a cycle.
        return None if FLOORS.get(importer) == DOORS else "import from the module that defines it"
    target = target.split(".")[0]
    if importer == SERVER:
        fine = target == SERVER or FLOORS.get(target) == 0
        return None if fine else "server/ imports floor 0 only"
    if target == SERVER:
        return None if FLOORS.get(importer) == DOORS else "only the doors may import server/"
    if FLOORS.get(target, 0) > FLOORS.get(importer, DOORS):
        return f"floor {FLOORS[importer]} imports floor {FLOORS[target]} above it"
    return None


def violations(package: Path) -> list[str]:
    """Return one sentence for each thing that breaks the one direction."""
    modules = modules_of(package)
    known = {*FLOORS, SERVER, ROOT}
    found = [
        f"{name}: unknown module; give it a floor in FLOORS of tests/test_layers.py"
        for name in modules
        if name.split(".")[0] not in known
    ]
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        for each in imports_of(name, path, modules):
            wrong = objection(each)
            if wrong is not None:
                found.append(f"{name}:{each.line} imports {each.target}: {wrong}")
            target = own(each.target)
            if target in modules and name != ROOT:
                graph.setdefault(name, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"import cycle: {' -> '.join(reversed(error.args[1]))}")
    return found


def test_every_import_points_down() -> None:
    assert modules_of(PACKAGE), f"no modules found in {PACKAGE}"
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"wire.py": "import runtime_widgets.client"}, "floor 0 imports floor 1"),
        ({"job.py": "def f():\n    from .widgets import card\n"}, "floor 2 imports floor 4"),
        ({"job.py": "from runtime_widgets import service", "service.py": ""}, "floor 2 imports"),
        ({"job.py": "import importlib\nimportlib.import_module('runtime_widgets.cli')"}, "floor 5"),
        ({"local.py": "from runtime_widgets.server import app"}, "only the doors may import"),
        ({"server/app.py": "from runtime_widgets.client import RuntimeClient"}, "floor 0 only"),
        ({"server/app.py": "from ..job import RuntimeJob"}, "floor 0 only"),
        ({"stream.py": "import requests.adapters"}, "only _failures, _steady and _transport"),
        ({"widgets/card.py": "from runtime_widgets import RuntimeJob"}, "module that defines it"),
        ({"new_thing.py": ""}, "give it a floor"),
        (
            {
                "job.py": "def f():\n    from runtime_widgets import tracker\n",
                "tracker.py": "from runtime_widgets.job import RuntimeJob",
            },
            "import cycle: ",
        ),
    ],
)
def test_a_violation_is_found(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    for name, source in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    found = violations(tmp_path)
    assert len(found) == 1
    assert expected in found[0]


def test_what_is_allowed_is_not_reported(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "app.py").write_text("from ..wire import JobRecord\nimport fastapi")
    (tmp_path / "wire.py").write_text("from runtime_widgets.states import State")
    (tmp_path / "cli.py").write_text("from runtime_widgets import __version__, job, server")
    (tmp_path / "_transport.py").write_text("import requests")
    (tmp_path / "job.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from runtime_widgets.service import QiskitRuntimeService\n"
    )
    assert violations(tmp_path) == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import json, sys, runtime_widgets; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout))
    assert NAME in loaded
    assert sorted(loaded & set(HEAVY)) == []
