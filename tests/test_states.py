from __future__ import annotations

import itertools

import pytest
from qiskit.providers import JobStatus

from runtime_widgets.states import RAN_TOO_LONG, STATES, UNKNOWN, may_follow, state_of

WORDS = {
    "Queued": ("queued", JobStatus.QUEUED, False),
    "Running": ("running", JobStatus.RUNNING, False),
    "Completed": ("done", JobStatus.DONE, True),
    "Failed": ("failed", JobStatus.ERROR, True),
    "Cancelled": ("cancelled", JobStatus.CANCELLED, True),
    "Cancelled - Ran too long": ("failed", JobStatus.ERROR, True),
}
LADDER = [[state_of(w) for w in group] for group in (["Queued"], ["Running"], list(WORDS)[2:])]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("write", [str, str.upper, str.lower, lambda w: f" {w} "])
def test_each_word_of_the_wire_means_one_state_in_any_case(word, write):
    key, status, final = WORDS[word]
    state = state_of(write(word))
    assert (state.key, state.job_status(), state.final) == (key, status, final)


@pytest.mark.parametrize("word", ["Cancelled", "canceled", "CANCELLED"])
def test_a_cancelled_job_with_1305_ran_too_long_which_is_an_error(word):
    state = state_of(word, RAN_TOO_LONG)
    assert state.job_status() is JobStatus.ERROR
    assert state.label == "Ran too long"
    assert RAN_TOO_LONG == 1305


@pytest.mark.parametrize("word", ["Queued", "Running", "Completed", "Failed"])
def test_1305_changes_no_other_word(word):
    assert state_of(word, RAN_TOO_LONG) is state_of(word)


def test_other_reason_codes_leave_a_cancelled_job_cancelled():
    assert state_of("Cancelled", 1200).key == "cancelled"


@pytest.mark.parametrize("word", ["", "Paused", "运行中", "completed!", "queued\0", "<b>Done</b>"])
def test_a_word_that_nobody_knows_is_never_final_and_has_no_member(word):
    state = state_of(word)
    assert state is UNKNOWN
    assert not state.final
    with pytest.raises(ValueError, match="unknown status"):
        state.job_status()


def test_no_word_stands_in_two_rows():
    words = [word for state in STATES for word in state.words]
    assert len(words) == len(set(words))
    assert all(word == word.lower() for word in words)


def test_jobs_only_climb_the_ladder():
    for low, high in itertools.combinations(range(len(LADDER)), 2):
        for old, new in itertools.product(LADDER[low], LADDER[high]):
            assert may_follow(old, new)
            assert not may_follow(new, old)


def test_nothing_follows_a_final_state_but_itself():
    for old, new in itertools.product(STATES, (*STATES, UNKNOWN)):
        if old.final:
            assert may_follow(old, new) == (new is old)


def test_an_unknown_word_may_come_and_go_between_states_that_are_not_final():
    for state in STATES:
        assert may_follow(UNKNOWN, state)
        assert may_follow(state, UNKNOWN) == (not state.final)
