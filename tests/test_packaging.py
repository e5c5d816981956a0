"""What ships, and that the build hook builds when it must and only then."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCK = json.loads((ROOT / "js" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
STATIC = "runtime_widgets/widgets/static"
ASSETS = {f"{STATIC}/{name}" for name in ["stub.js", "manifest.json", "card.js", "monitor.js"]}


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "js" / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


def hatchling_build(source: Path, target: str, into: Path, path: str | None = None) -> Path:
    """Build with the hatchling that is installed here, so that no registry is asked."""
    env = {**os.environ, "PATH": os.environ["PATH"] if path is None else path}
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(into)],
        cwd=source,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatchling_build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    sdist = hatchling_build(ROOT, "sdist", folder / "built")
    with tarfile.open(sdist) as archive:
        # The filter arrived in a patch release of 3.10 and 3.11; the archive is our own.
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder / "unpacked")
    (top,) = (folder / "unpacked").iterdir()
    return top


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout in miniature: all that the hook looks at, and nothing built."""
    for name in [
        "package.json",
        "package-lock.json",
        "build.mjs",
        "src/stub.ts",
        "src/entries/card.ts",
    ]:
        path = tmp_path / "js" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"// {name}", encoding="utf-8")
    (tmp_path / STATIC).mkdir(parents=True)
    return tmp_path


def pretend_built(project: Path) -> None:
    for name in ASSETS:
        (project / name).write_text("export {};", encoding="utf-8")
    (project / STATIC / "manifest.json").write_text(
        '{"card": ["card.js"], "monitor": ["monitor.js"]}'
    )
    stamp = project / STATIC / hook.STAMP
    stamp.write_text(hook.source_hash(project / "js"), encoding="ascii")


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


# ---- The wheel and the sdist ----------------------------------------------------------------


def test_wheel_has_the_bundles_and_the_typing_marker(wheel: Path) -> None:
    assert {*ASSETS, "runtime_widgets/py.typed", "runtime_widgets/__init__.py"} <= names_in(wheel)


def test_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    names = names_in(wheel)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"runtime_widgets"}
    assert [name for name in names if "__pycache__" in name or "node_modules" in name] == []


def test_wheel_has_every_module_of_the_checkout(wheel: Path) -> None:
    modules = (ROOT / "runtime_widgets").rglob("*.py")
    assert {path.relative_to(ROOT).as_posix() for path in modules} <= names_in(wheel)


def test_wheel_names_its_licence_its_python_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(f"{info}/METADATA").decode()
        commands = archive.read(f"{info}/entry_points.txt").decode()
        assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nRequires-Python: >=3.10\n" in metadata
    assert "runtime-widgets = runtime_widgets.cli:main" in commands


def test_wheel_imports_from_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import runtime_widgets as r; "
    code += "print(r.__file__); print(r.__version__)"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    where, version = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert wheel.name.startswith(f"runtime_widgets-{version}-")


def test_sdist_has_the_sources_of_the_front_end_and_no_node_modules(unpacked_sdist: Path) -> None:
    for name in [
        "js/src/entries/card.ts",
        "js/package-lock.json",
        "js/hatch_build.py",
        "js/.npmrc",
    ]:
        assert (unpacked_sdist / name).is_file(), name
    assert not (unpacked_sdist / "js" / "node_modules").exists()
    assert not (unpacked_sdist / ".git").exists()


def test_sdist_becomes_the_same_wheel_with_no_node(
    unpacked_sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "source"
    shutil.copytree(unpacked_sdist, copy)
    again = hatchling_build(copy, "wheel", tmp_path / "again", path=str(tmp_path))
    # RECORD's lines are the names and hashes of all files.
    contents = []
    for each in (wheel, again):
        with zipfile.ZipFile(each) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    assert contents[0] == contents[1]


# ---- The hook -------------------------------------------------------------------------------


def test_hook_does_nothing_when_the_bundles_are_fresh(project: Path, no_npm: None) -> None:
    pretend_built(project)
    assert hook.ensure_built(project) == "front-end: up to date"


@pytest.mark.parametrize("name", ["src/entries/card.ts", "build.mjs", "package-lock.json"])
def test_hook_sees_a_changed_source(project: Path, name: str) -> None:
    pretend_built(project)
    assert hook.is_fresh(project)
    (project / "js" / name).write_text("changed", encoding="utf-8")
    assert not hook.is_fresh(project)


def test_hook_sees_a_new_a_renamed_and_a_removed_source(project: Path) -> None:
    pretend_built(project)
    style = project / "js" / "style" / "views.css"
    style.parent.mkdir()
    style.write_text(".rw-card {}", encoding="utf-8")
    assert not hook.is_fresh(project)
    pretend_built(project)
    style.rename(style.with_name("other.css"))
    assert not hook.is_fresh(project)
    pretend_built(project)
    style.with_name("other.css").unlink()
    assert not hook.is_fresh(project)


def test_hook_sees_a_missing_bundle(project: Path) -> None:
    pretend_built(project)
    (project / STATIC / "monitor.js").unlink()
    assert not hook.is_fresh(project)


def test_hook_ignores_what_cannot_change_a_bundle(project: Path) -> None:
    pretend_built(project)
    test = project / "js" / "tests" / "card.test.ts"
    test.parent.mkdir()
    test.write_text("test", encoding="utf-8")
    assert hook.is_fresh(project)


def test_hook_ships_the_bundles_at_hand_where_there_is_no_npm(project: Path, no_npm: None) -> None:
    pretend_built(project)
    (project / "js" / "src" / "stub.ts").write_text("changed", encoding="utf-8")
    assert "shipped as they are" in hook.ensure_built(project)


def test_hook_says_what_to_do_where_there_is_neither(project: Path, no_npm: None) -> None:
    with pytest.raises(hook.FrontEndError, match=r"Install Node\.js 18 or newer with npm"):
        hook.ensure_built(project)


def fake_npm(folder: Path, script: str) -> str:
    """Put an npm and a node on a PATH of their own; return that PATH."""
    folder.mkdir()
    for name in ("npm", "node"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_hook_shows_why_a_build_failed_and_leaves_no_stamp(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_built(project)
    (project / "js" / "src" / "stub.ts").write_text("changed", encoding="utf-8")
    monkeypatch.setenv("PATH", fake_npm(tmp_path / "bin", "echo the registry said no; exit 7"))
    with pytest.raises(hook.FrontEndError, match=r"exit code 7:\nthe registry said no"):
        hook.ensure_built(project)
    assert not (project / STATIC / hook.STAMP).exists()


def test_hook_does_not_believe_a_build_that_made_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", fake_npm(tmp_path / "bin", "mkdir -p node_modules; exit 0"))
    with pytest.raises(hook.FrontEndError, match=r"made no manifest\.json"):
        hook.ensure_built(project)
    assert not hook.is_fresh(project)


@pytest.mark.parametrize("tools_are_there", [False, True])
def test_hook_installs_little_and_takes_no_tools_away(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, tools_are_there: bool
) -> None:
    if tools_are_there:
        (project / "js" / "node_modules" / "vitest").mkdir(parents=True)
    log = tmp_path / "log"
    script = f'echo "$*" >> {log}; mkdir -p node_modules; touch ../{STATIC}/stub.js'
    script += (
        f'; touch ../{STATIC}/card.js; echo \'{{"card": ["card.js"]}}\' > ../{STATIC}/manifest.json'
    )
    monkeypatch.setenv("PATH", fake_npm(tmp_path / "bin", script))
    assert hook.ensure_built(project) == "front-end: built"
    install, build = log.read_text(encoding="utf-8").splitlines()
    assert install.startswith("ci --ignore-scripts")
    assert ("--omit=dev" in install) != tools_are_there
    assert build == "run --silent build"
    # What is there is not installed again.
    (project / "js" / "src" / "stub.ts").write_text("changed", encoding="utf-8")
    hook.ensure_built(project)
    assert len(log.read_text(encoding="utf-8").splitlines()) == 3


def test_hook_names_a_missing_entry(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "js" / "src" / "entries" / "card.ts").unlink()
    monkeypatch.setenv("PATH", fake_npm(tmp_path / "bin", "exit 0"))
    with pytest.raises(hook.FrontEndError, match=r"js/src/entries/card\.ts is missing"):
        hook.ensure_built(project)


# ---- The lock and the layout ----------------------------------------------------------------


def test_lock_names_no_address() -> None:
    assert [name for name, entry in LOCK.items() if "resolved" in entry] == []
    text = (ROOT / "js" / "package-lock.json").read_text(encoding="utf-8")
    assert re.findall(r'"integrity": "(?!sha512-)', text) == []
    assert re.findall(r"https?://[^\"]+\.tgz", text) == []


def test_lock_is_complete_for_every_platform() -> None:
    """A lock made where a platform's binary could not be listed fails ``npm ci`` elsewhere."""
    locked = {name.split("node_modules/")[-1] for name in LOCK}
    wanted = {
        (package, needed)
        for package, entry in LOCK.items()
        for kind in ("dependencies", "optionalDependencies")
        for needed in entry.get(kind, {})
    }
    assert wanted
    assert [pair for pair in sorted(wanted) if pair[1] not in locked] == []
    assert [name for name, entry in LOCK.items() if name and "integrity" not in entry] == []


def test_lock_is_of_this_package_json() -> None:
    package = json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        assert LOCK[""][kind] == package[kind]
    exact = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in exact.items() if not version[0].isdigit()] == []


def test_both_halves_have_one_version() -> None:
    package = json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{package["version"]}"\n' in project


def test_top_level_holds_what_was_agreed() -> None:
    agreed = {"pyproject.toml", "README.md", "runtime_widgets", "js", "notebooks", "tests"}
    customary = {"LICENSE", "CHANGELOG.md", "Makefile"}
    made = {"build", "dist", "PKG-INFO"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - agreed - customary - made == set()
