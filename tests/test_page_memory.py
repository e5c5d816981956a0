from __future__ import annotations

from support.tracking import follow_all, look

from runtime_widgets import _page_memory
from runtime_widgets._page_memory import PageMemory
from runtime_widgets.wire import JobRecord


def test_a_page_that_came_again_is_the_very_one_that_was_read():
    memory, reads = PageMemory(), []

    def read(content):
        return memory.read("page", content, lambda: reads.append(content) or [content])

    first = read(b"a")
    assert read(b"a") is first
    assert read(b"b") == [b"b"]
    assert read(b"a") == [b"a"]
    assert reads == [b"a", b"b", b"a"]


def test_what_was_asked_for_longest_ago_is_forgotten(monkeypatch):
    monkeypatch.setattr(_page_memory, "_MOST", 2)
    memory = PageMemory()
    for page in ("a", "b", "a", "c"):
        memory.read(page, b"", object)
    assert list(memory._pages) == ["a", "c"]


def test_a_tracker_reads_a_page_once_while_nothing_changes(tracker, fake, monkeypatch):
    for number in range(400):
        fake.add(f"j{number}")
    follow_all(tracker, list(fake.jobs))
    read, rows = JobRecord.from_json, []
    monkeypatch.setattr(JobRecord, "from_json", lambda row: rows.append(row) or read(row))
    checked = tracker.state("j7").checked_at
    look(tracker)
    assert rows == []
    assert tracker.state("j7").checked_at > checked
    fake.say("j7", "Running")
    look(tracker)
    assert len(rows) == 200
    assert tracker.state("j7").word == "Running"
