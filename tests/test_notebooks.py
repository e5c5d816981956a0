"""The notebooks run from top to bottom. `make demo ARGS=--check` opens the first in a browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def test_no_notebook_holds_an_output():
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert len(paths) >= 2
    for path in paths:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells), path.name


@pytest.mark.timeout(300)
def test_many_jobs_run_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    book = nbformat.read(NOTEBOOKS / "02_many_jobs.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    try:
        NotebookClient(book, timeout=240, kernel_name="python3", resources=resources).execute()
    finally:
        subprocess.run([sys.executable, "-m", "runtime_widgets", "stop"], check=False)
    texts = [
        output["data"]["text/plain"]
        for cell in book.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert any("'CANCELLED':" in text and "'DONE':" in text for text in texts)
    assert len((tmp_path / "jobs.csv").read_text(encoding="utf-8").splitlines()) > 100
