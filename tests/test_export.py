"""A monitor's jobs as CSV, JSON and a data frame."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from support.views import change

from runtime_widgets.widgets._export import COLUMNS
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")

PAGE = Path(__file__).resolve().parent.parent / "js" / "src" / "monitor" / "export.ts"


@pytest.fixture
def monitor(jobs, show):
    view = show(JobMonitor(jobs(3)))
    first, second, _ = view.jobs
    change(first, "Completed", tags=["=1+1", "b"], running="2026-11-23T00:01:00Z")
    change(second, "Failed", state={"status": "Failed", "reason": "Broke.", "reason_code": 1305})
    first.label = "@mine"
    return view


def test_the_page_s_file_has_the_same_columns():
    """One of both would be a surprise."""
    table = PAGE.read_text().partition("const COLUMNS")[2].partition("];")[0]
    assert re.findall(r'^  \["(\w+)",', table, re.MULTILINE) == list(COLUMNS)


def test_a_csv_file_holds_all_jobs_and_no_formula(monitor, tmp_path):
    path = tmp_path / "jobs.csv"
    monitor.to_csv(path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [row["id"] for row in rows] == [job.job_id() for job in monitor.jobs]
    assert (rows[0]["tags"], rows[0]["name"]) == ("'=1+1, b", "'@mine")
    assert rows[0]["started"] == "2026-11-23T00:01:00+00:00"
    assert rows[0]["usage_s"] == "1.0"
    assert [(row["word"], row["status"]) for row in rows[:2]] == [
        ("Done", "Completed"),
        ("Failed", "Failed"),
    ]
    assert (rows[1]["error_code"], rows[1]["error"]) == ("1305", "Broke.")
    assert rows[2]["ended"] == ""


def test_json_goes_to_an_open_file_too(monitor):
    file = io.StringIO()
    monitor.to_json(file)
    records = json.loads(file.getvalue())
    assert records[0]["tags"] == ["=1+1", "b"]
    assert records[1]["error"]["message"] == "Broke."
    assert records[0]["created"].endswith("+00:00")
    assert all(step["at"].endswith("+00:00") for step in records[0]["steps"])
    assert records[2]["queue_position"] is None


def test_a_data_frame_has_true_types(monitor):
    frame = monitor.to_pandas()
    assert list(frame.index) == [job.job_id() for job in monitor.jobs]
    assert str(frame["created"].dt.tz) == "UTC"
    assert frame["usage_s"].sum() == 3.0
    assert frame["error_code"].isna().tolist() == [True, False, True]
    assert frame["tags"].iloc[0] == ["=1+1", "b"]


def test_a_data_frame_of_nothing_has_the_same_types(monitor, show):
    empty = show(JobMonitor()).to_pandas()
    assert len(empty) == 0
    assert empty.dtypes.equals(monitor.to_pandas().dtypes)


def test_without_pandas_it_is_said_what_is_missing(monitor, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        monitor.to_pandas()
