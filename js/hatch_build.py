"""Builds the JavaScript when the Python package is built. The only hatchling hook.

The built bundles are not in git. Whoever asks for a wheel, an editable install or an sdist gets
them made here, from the sources under ``js/``, unless the bundles that are there were made from
exactly these sources. So a fresh clone needs node once, and a wheel or an sdist needs none.

It is also a script: ``python js/hatch_build.py`` brings the bundles up to date in a checkout.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run as a script, outside an isolated build
    BuildHookInterface = object

MANIFEST = "manifest.json"
STAMP = "sources.sha256"
# Everything that can change a bundle. Tests and linters' settings cannot, so they are left out.
SOURCES = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json", "build.mjs")
SOURCE_FOLDERS = ("src", "style")


class FrontEndError(RuntimeError):
    """The bundles cannot be had; the message says what to do about it."""


def source_hash(js: Path) -> str:
    """Hash the names and contents of all sources, in an order that no file system decides."""
    paths = [js / name for name in SOURCES]
    for folder in SOURCE_FOLDERS:
        paths += [path for path in (js / folder).rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.relative_to(js).as_posix()):
        if path.exists():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(js).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def missing_bundles(static: Path) -> list[str]:
    """Return the names of the files that a built front-end has and this folder has not."""
    manifest = static / MANIFEST
    if not manifest.is_file():
        return [MANIFEST]
    needed = json.loads(manifest.read_text(encoding="utf-8")).values()
    names = dict.fromkeys(["stub.js", *(name for files in needed for name in files)])
    return [name for name in names if not (static / name).is_file()]


def is_fresh(root: Path) -> bool:
    """Say whether the bundles are there and were made from the sources as they are now."""
    static = root / "runtime_widgets" / "widgets" / "static"
    stamp = static / STAMP
    return (
        not missing_bundles(static)
        and stamp.is_file()
        and stamp.read_text(encoding="ascii").strip() == source_hash(root / "js")
    )


def ensure_built(root: Path) -> str:
    """Bring the bundles up to date and return, in a few words, what was done.

    Raises
    ------
    FrontEndError
        When the bundles are missing or stale and cannot be built.
    """
    js = root / "js"
    static = root / "runtime_widgets" / "widgets" / "static"
    if is_fresh(root):
        return "front-end: up to date"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        if not missing_bundles(static):
            return "front-end: no npm here, the bundles at hand are shipped as they are"
        msg = (
            "runtime-widgets has no built front-end, and node with npm, which would build it, was "
            "not found. Install Node.js 18 or newer with npm, or install a wheel, which needs none."
        )
        raise FrontEndError(msg)
    for entry in ("src/stub.ts", "src/entries/card.ts"):
        if not (js / entry).is_file():
            msg = f"runtime-widgets cannot build its front-end: js/{entry} is missing."
            raise FrontEndError(msg)
    hashed = source_hash(js)
    # A build that fails half-way must not leave a stamp that calls its leftovers fresh.
    (static / STAMP).unlink(missing_ok=True)
    install_node_modules(js, npm, everything=False)
    _run([npm, "run", "--silent", "build"], js)
    missing = missing_bundles(static)
    if missing:
        msg = f"The front-end's build ended well but made no {', '.join(missing)}."
        raise FrontEndError(msg)
    (static / STAMP).write_text(hashed + "\n", encoding="ascii")
    return "front-end: built"


def install_node_modules(js: Path, npm: str, *, everything: bool) -> None:
    """Install what the lock names: all of it for tests, the bundler's share for a build."""
    modules = js / "node_modules"
    stamp = modules / ".runtime-widgets"
    # A build must not take away the tools of whoever works on the front-end.
    everything = everything or (modules / "vitest").is_dir()
    lock = hashlib.sha256((js / "package-lock.json").read_bytes()).hexdigest()
    found = stamp.read_text(encoding="ascii").split() if stamp.is_file() else []
    if found[:1] == [lock] and (not everything or found[1:] == ["everything"]):
        return
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    _run(command if everything else [*command, "--omit=dev"], js)
    stamp.write_text(f"{lock} {'everything' if everything else 'build'}\n", encoding="ascii")


def _run(command: list[str], cwd: Path) -> None:
    """Run one step; its output is shown only when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        msg = f"`{shown}` failed in {cwd} with exit code {done.returncode}:\n{done.stdout}"
        raise FrontEndError(msg)


class FrontEndBuildHook(BuildHookInterface):
    """Called by hatchling before it collects the files of a wheel or an sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundles; an error here ends the build with its message."""
        del version, build_data  # the same bundles for standard and editable builds
        self.app.display_info(ensure_built(Path(self.root)))


def main(arguments: list[str]) -> int:
    """Bring a checkout up to date; ``--everything`` also installs what tests and checks need."""
    root = Path(__file__).resolve().parent.parent
    try:
        if "--everything" in arguments:
            npm = shutil.which("npm")
            if npm is None:
                print("npm was not found.", file=sys.stderr)
                return 1
            install_node_modules(root / "js", npm, everything=True)
        print(ensure_built(root))
    except FrontEndError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
