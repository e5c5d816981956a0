"""What a page says of a monitor: what is selected, what it shows, that it wants a look."""

from __future__ import annotations

import pytest
from support.scripted import Answer
from support.tracking import look, look_again, settle
from support.waiting import until
from traitlets import TraitError

from runtime_widgets import _pace
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


def ids(view):
    return [job.job_id() for job in view.jobs]


# what is selected


def test_a_selection_in_the_page_is_observed_and_not_sent_back(jobs, show, kernel):
    view = show(JobMonitor(jobs(3)))
    heard = []
    view.observe(lambda change: heard.append(change["new"]), "selected")
    wanted = ids(view)[:2]
    view._handle_custom_msg({"kind": "select", "id": 1, "job_ids": [*wanted, "unknown"]}, [])
    assert heard == [view.jobs[:2]]
    assert view.selected == view.jobs[:2]
    assert view.comm.contents("selection") == []
    view._handle_custom_msg({"kind": "select", "id": 2, "job_ids": None}, [])
    assert view.selected == view.jobs[:2]


def test_a_selection_by_the_program_is_shown(jobs, theirs, show):
    view = show(JobMonitor(jobs(3)))
    view.selected = [theirs.job(ids(view)[1])]
    (message,) = view.comm.contents("selection")
    assert message["job_ids"] == [ids(view)[1]]
    assert view.selected == [view.jobs[1]]
    assert "selected" not in view.get_state()
    view.selected = []
    assert view.comm.contents("selection")[-1]["job_ids"] == []


def test_what_is_not_shown_cannot_be_selected_and_what_goes_is_no_more(jobs, show):
    first, second, third = jobs(3)
    view = show(JobMonitor([first, second]))
    with pytest.raises(TraitError, match="not shown"):
        view.selected = [third]
    with pytest.raises(TypeError):
        view.selected = ["an-id"]
    view.selected = [first, second]
    view.remove(first)
    assert view.selected == [second]


# what is looked at


def test_only_what_is_on_the_screen_is_looked_at(jobs, show):
    view = show(JobMonitor(jobs(60)))
    (tracker,) = view.trackers()
    assert len(tracker._attentions.looked_at()) == 50
    seen = ids(view)[10:14]
    view._handle_custom_msg({"kind": "look", "id": 1, "job_ids": seen, "hidden": False}, [])
    assert tracker._attentions.looked_at() == frozenset(seen)
    heard = []
    view.on_news(heard.append)
    view._handle_custom_msg({"kind": "look", "id": 1, "job_ids": seen, "hidden": True}, [])
    assert tracker._attentions.looked_at() == frozenset()
    assert view.hidden
    view.deliver()
    assert [list(job_ids) for job_ids in heard] == [[]]


def test_a_view_that_two_pages_show_is_hidden_when_both_hide_it(jobs, show):
    view = show(JobMonitor(jobs(6)))
    (tracker,) = view.trackers()

    def say(page, shown, *, hidden=False):
        message = {"kind": "look", "id": 1, "job_ids": shown, "hidden": hidden, "page": page}
        view._handle_custom_msg(message, [])

    say(1, ids(view)[:2])
    say(2, ids(view)[2:4])
    assert tracker._attentions.looked_at() == frozenset(ids(view)[:4])
    say(1, ids(view)[:2], hidden=True)
    assert not view.hidden
    assert tracker._attentions.looked_at() == frozenset(ids(view)[2:4])
    say(2, [], hidden=True)
    assert view.hidden
    for page in range(100):
        say(page, [ids(view)[5]])
    assert len(view._lookers) <= 8
    say("nonsense", ids(view)[:1])
    assert not view.hidden


def test_a_refresh_looks_at_once(jobs, show, ask, fake):
    view = show(JobMonitor(jobs(5)))
    fake.forget_requests()
    assert ask(view, kind="refresh", id=1)["ok"]
    settle(view.trackers()[0])
    assert fake.asked()[0] == "GET /jobs@0"


def test_a_look_by_hand_ends_a_back_off_but_no_pause_that_was_asked_for(
    jobs, show, ask, fake, monkeypatch
):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 1000.0)
    view = show(JobMonitor(jobs(5)))
    (tracker,) = view.trackers()
    fake.trouble = Answer(503)
    look(tracker)
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == []
    fake.trouble = None
    assert ask(view, kind="refresh", id=1)["ok"]
    until(lambda: tracker.health.trouble is None, "the end of the trouble")
    fake.trouble = Answer(429, None, {"Retry-After": "500"})
    until(lambda: look_again(tracker) or tracker.health.kind == "rate", "the limit")
    fake.forget_requests()
    reply = ask(view, kind="refresh", id=2)
    assert not reply["ok"]
    assert "limits requests" in reply["outcomes"][0]["message"]
    settle(tracker)
    assert fake.asked() == []
