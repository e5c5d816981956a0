"""Cards: small, many, and gone when the notebook has thrown them away."""

from __future__ import annotations

import json
from types import SimpleNamespace

import ipywidgets
import pytest
from support.views import change, settle

from runtime_widgets.widgets import _cells, card
from runtime_widgets.widgets._cells import Cells
from runtime_widgets.widgets.card import JobCard

pytestmark = pytest.mark.usefixtures("kernel")


def registered(kind=JobCard):
    return [w for w in ipywidgets.widgets.widget._instances.values() if isinstance(w, kind)]


class Notebook:
    """Runs cells, and has the page's side of what they show."""

    def __init__(self):
        self.runs = 0
        self.cell = None
        self.later = []
        self.events = SimpleNamespace(register=lambda _name, call: self.hooks.append(call))
        self.hooks = []
        self.kernel = object()

    def get_parent(self):
        if self.cell is None:
            return {"metadata": {}, "header": {"msg_id": "x"}}
        return {"metadata": {"cellId": self.cell}, "header": {"msg_id": f"run-{self.runs}"}}

    def run(self, cell, *jobs):
        """Run a cell that shows jobs; return their cards, which the page then has."""
        self.runs += 1
        self.cell = cell
        for hook in self.hooks:
            hook(None)
        before = registered()
        for job in jobs:
            job._repr_mimebundle_()
        new = [one for one in registered() if one not in before]
        for one in new:
            one._view_count = (one._view_count or 0) + 1
        return new

    def wait(self):
        """Let the time of grace go by."""
        later, self.later[:] = list(self.later), []
        for parcel in later:
            parcel.deliver()


@pytest.fixture
def notebook(monkeypatch, kernel):
    import IPython.core.getipython as ipython

    for left in registered():
        left.close()
    made = Notebook()
    monkeypatch.setattr(ipython, "get_ipython", lambda: made)
    monkeypatch.setattr(_cells, "post_later", lambda parcel, _delay_s: made.later.append(parcel))
    mine = Cells()
    monkeypatch.setattr(card, "cells", mine)
    monkeypatch.setattr(card, "_layouts", [])
    yield made
    for one in registered():
        one.close()


def test_a_card_of_a_cell_that_ran_again_is_closed_once_it_is_in_no_page(jobs, notebook):
    (job,) = jobs(1)
    (old,) = notebook.run("a", job)
    (new,) = notebook.run("a", job)
    notebook.wait()
    assert registered() == [old, new]  # another view of it is somewhere
    old._view_count = 0
    notebook.wait()
    assert registered() == [new]
    assert old.comm is None or old.comm.closed
    assert job.tracker.follows(job.job_id())


def test_a_cell_that_shows_nothing_now_lets_go_of_what_it_showed(jobs, notebook):
    (job,) = jobs(1)
    (old,) = notebook.run("a", job)
    notebook.run("b")
    old._view_count = 0
    notebook.wait()
    assert registered() == [old]  # its notebook may have been closed
    notebook.run("a")
    notebook.wait()
    assert registered() == []
    assert not job.tracker.follows(job.job_id())


def test_cards_that_a_loop_shows_and_clears_go(jobs, notebook):
    some = jobs(5)
    shown = notebook.run("a", *some)
    for one in shown[:-1]:
        one._view_count = 0
    notebook.wait()
    assert registered() == shown[-1:]


def test_a_notebook_that_is_closed_keeps_all_its_cards(jobs, notebook):
    shown = notebook.run("a", *jobs(3))
    for one in shown:
        one._view_count = 0
    notebook.wait()
    assert registered() == shown


def test_a_card_that_a_variable_holds_is_its_own_to_close(jobs, notebook):
    mine = JobCard(jobs(1)[0])
    notebook.run("a")
    notebook.run("a")
    notebook.wait()
    assert registered() == [mine]
    assert mine._view_count is None


def test_where_cells_have_no_names_nothing_is_closed_and_nothing_is_counted(jobs, notebook):
    (first,) = notebook.run(None, *jobs(1))
    notebook.run(None)
    notebook.wait()
    assert registered() == [first]


def test_two_hundred_cards_share_all_that_can_be_shared(jobs, notebook):
    before = set(registered(ipywidgets.Widget))
    shown = notebook.run("loop", *jobs(200))
    assert len(shown) == 200
    assert len({one.layout for one in shown}) == 1
    assert len({json.dumps(one._chunks) for one in shown}) == 1
    assert len({tracker for one in shown for tracker in one.trackers()}) == 1
    sizes = [len(json.dumps(one.get_state())) for one in shown]
    # Half of it is the module that fetches the views' code, or finds it in the page.
    assert max(sizes) < 4000, sizes[0]
    new = {type(one).__name__ for one in set(registered(ipywidgets.Widget)) - before - set(shown)}
    assert new == {"Layout", "Asset"}
    assert len(set(registered(ipywidgets.Widget)) - before) == 200 + 1 + len(shown[0]._chunks)


def test_a_look_at_the_service_is_no_message_to_two_hundred_cards(jobs, show):
    view = show(JobCard(jobs(1)[0]))
    for _ in range(3):
        view.shown.tracker.look_now()
        settle(view)
        view.deliver()
    assert view.comm.contents("changes") == []
    change(view.shown, "Running")
    view.deliver()
    assert len(view.comm.contents("changes")) == 1
