from __future__ import annotations

import logging
import threading

import pytest
from support.scripted import TOKEN, Answer
from support.secrets import everything_about
from support.sockets import sockets
from support.waiting import until

from runtime_widgets import errors, stream
from runtime_widgets.client import RuntimeClient
from runtime_widgets.stream import EventStream, InterimStream

ACK = {"ack": True}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(stream, "_FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(stream, "_LONGEST_WAIT_S", 0.05)


def numbered(*numbers):
    return [{"seq": n, "payload": f"p{n}"} for n in numbers]


def drain(iterator):
    return [(r.seq, r.payload) for r in iterator]


# interim results


def test_interim_results_come_in_order_until_the_server_says_that_it_is_over():
    with sockets(lambda s: s.say(ACK, *numbered(1, 2, 3))) as server:
        got = drain(InterimStream(server.client, "j"))
    assert got == [(1, "p1"), (2, "p2"), (3, "p3")]
    assert server.stages[0].path == "/api/v1/stream/jobs/j"
    assert server.stages[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_stream_that_breaks_goes_on_where_it_was():
    def breaks(stage):
        stage.say(ACK, *numbered(1, 2))
        stage.drop()

    with sockets(breaks, breaks, lambda s: s.say(ACK, *numbered(2, 3, 4))) as server:
        got = drain(InterimStream(server.client, "j"))
    assert [seq for seq, _ in got] == [1, 2, 3, 4]
    assert [s.query["from"] for s in server.stages] == ["0", "2", "2"]


def test_a_break_before_the_first_word_costs_nothing_but_time():
    with sockets(lambda s: s.drop(), lambda s: s.say(ACK, *numbered(1))) as server:
        assert drain(InterimStream(server.client, "j")) == [(1, "p1")]


def test_any_other_code_than_1000_means_that_there_is_more():
    def restarts(stage):
        stage.say(ACK, *numbered(1))
        stage.connection.close(1012)

    with sockets(restarts, lambda s: s.say(ACK, *numbered(1, 2))) as server:
        assert drain(InterimStream(server.client, "j")) == [(1, "p1"), (2, "p2")]


def test_a_start_may_be_chosen():
    with sockets(lambda s: s.say(ACK, *numbered(5, 6))) as server:
        assert drain(InterimStream(server.client, "j", start=5)) == [(5, "p5"), (6, "p6")]
    assert server.stages[0].query["from"] == "4"


def test_bare_messages_of_older_services_are_numbered_here():
    with sockets(lambda s: s.say("ack", '{"x": 1}', b"\xff", "plain")) as server:
        got = drain(InterimStream(server.client, "j"))
    assert got == [(1, '{"x": 1}'), (2, "\ufffd"), (3, "plain")]


def test_a_payload_that_is_json_arrives_as_text():
    with sockets(lambda s: s.say(ACK, {"seq": 1, "payload": {"a": [1]}}, "[" * 50_000)) as server:
        got = drain(InterimStream(server.client, "j"))
    assert got[0] == (1, '{"a": [1]}')
    assert got[1][0] == 2


def test_closing_ends_an_iteration_that_waits():
    def silent(stage):
        stage.say(ACK)
        stage.wait()

    with sockets(silent) as server:
        interim = InterimStream(server.client, "j")
        thread = threading.Thread(target=lambda: list(interim))
        thread.start()
        until(lambda: server.stages, "the connection")
        interim.close()
        thread.join(20)
        assert not thread.is_alive()
        assert list(interim) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, errors.IBMAuthError), (404, errors.IBMNotFoundError), (500, errors.IBMApiError)],
)
def test_a_refusal_is_named_and_not_repeated(scripted, status, kind, caplog):
    caplog.set_level(logging.DEBUG)
    scripted.answers(Answer(status))
    client = RuntimeClient(scripted.params("local"))
    with pytest.raises(kind) as caught:
        list(InterimStream(client, "j"))
    assert len(scripted.seen) == 1
    assert caught.value.status_code == status
    assert TOKEN not in everything_about(caught.value) + caplog.text
    client.close()


def test_no_log_of_a_stream_that_works_shows_the_token(caplog):
    caplog.set_level(logging.DEBUG)
    with sockets(lambda s: s.say(ACK, *numbered(1))) as server:
        drain(InterimStream(server.client, "j"))
    assert TOKEN not in caplog.text


def test_an_id_cannot_leave_its_place_in_the_path():
    with sockets(lambda s: s.say(ACK)) as server:
        drain(InterimStream(server.client, "../events?x#y"))
    assert server.stages[0].path == "/api/v1/stream/jobs/..%2Fevents%3Fx%23y"


# changes of all jobs


class Listener:
    def __init__(self, server):
        self.gaps = 0
        self.health = []
        self.events = []
        self.stream = EventStream(server.client, on_gap=self._gap, on_health=self.health.append)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _gap(self):
        self.gaps += 1

    def _run(self):
        for event in self.stream:
            self.events.append(event)

    def close(self):
        self.stream.close()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def listen():
    made = []

    def listen_(server):
        made.append(Listener(server))
        return made[-1]

    yield listen_
    for listener in made:
        listener.close()


def hello(seq=0, epoch="e", **more):
    return {"hello": True, "seq": seq, "epoch": epoch, **more}


def change(seq, status="Running"):
    return {"seq": seq, "job": {"id": f"j{seq}", "status": status}}


def goes_on(stage, *messages):
    stage.say(*messages)
    stage.wait()


def test_changes_of_sessions_arrive_among_those_of_jobs(listen):
    session = {"id": "s", "state": "active"}
    scene = [hello(), change(1), {"seq": 2, "session": session}, {"seq": 3, "session": {}}]
    with sockets(lambda s: goes_on(s, *scene, change(4))) as server:
        listener = listen(server)
        until(lambda: len(listener.events) == 3, "the events")
        jobs = [event.job.id if event.job else None for event in listener.events]
        assert jobs == ["j1", None, "j4"]
        assert listener.events[1].session.word == "active"


def test_changes_arrive_as_records_and_deletions_as_ids(listen):
    scene = [hello(), change(1), {"seq": 2, "deleted": "gone"}, change(3, "Completed")]
    with sockets(lambda s: goes_on(s, *scene)) as server:
        listener = listen(server)
        until(lambda: len(listener.events) == 3, "the events")
        assert [e.job.id if e.job else e.deleted for e in listener.events] == ["j1", "gone", "j3"]
        assert listener.health == [None]
        assert listener.gaps == 1
        listener.close()


def test_it_resumes_by_number_and_says_when_there_may_be_a_gap(listen):
    def breaks(stage):
        stage.say(hello(seq=4), change(5), change(6))
        stage.drop()

    def same(stage):
        stage.say(hello(seq=9), change(7))
        stage.drop()

    def gap(stage):
        stage.say(hello(seq=900, gap=True))
        stage.drop()

    with sockets(breaks, same, gap, lambda s: goes_on(s, hello(seq=2, epoch="new"))) as server:
        listener = listen(server)
        until(lambda: listener.gaps == 3, "three gaps")
        assert [e.seq for e in listener.events] == [5, 6, 7]
        asked = [(s.query.get("from"), s.query.get("epoch")) for s in server.stages]
        assert asked == [(None, None), ("6", "e"), ("7", "e"), ("900", "e")]
        assert listener.stream._resume() == {"from": 2, "epoch": "new"}
        assert [h is None for h in listener.health] == [True, False] * 3 + [True]
        listener.close()


def test_a_stream_that_is_refused_says_why_and_tries_again(listen, scripted):
    scripted.answers(Answer(403))
    client = RuntimeClient(scripted.params("local"))
    listener = Listener(type("S", (), {"client": client}))
    until(lambda: len(listener.health) >= 3, "three attempts")
    assert all(isinstance(h, errors.IBMAuthError) for h in listener.health)
    listener.close()
    client.close()


@pytest.mark.parametrize(
    "garbage",
    [
        "no json",
        "[" * 50_000,
        [1, 2],
        7,
        {"seq": "x"},
        {"seq": 1},
        {"seq": 1, "job": {"id": 5}},
        {"seq": 1, "job": [], "deleted": 3},
        b"\xff\xfe",
    ],
)
def test_garbage_neither_ends_the_stream_nor_becomes_an_event(listen, garbage):
    def scene(stage):
        goes_on(stage, hello(), garbage, change(8))

    with sockets(scene) as server:
        listener = listen(server)
        until(lambda: len(server.stages) > 1 or listener.events, "going on")
        assert all(e.job and e.job.id == "j8" for e in listener.events)
        listener.close()


@pytest.mark.parametrize("garbage", ["no json", [1], "null", "[" * 50_000, {"seq": "x"}])
def test_a_greeting_that_is_none_is_no_end_either(listen, garbage):
    with sockets(lambda s: s.say(garbage), lambda s: goes_on(s, hello(), change(1))) as server:
        listener = listen(server)
        until(lambda: listener.events, "an event")
        listener.close()


def test_closing_while_nobody_answers_ends_it(listen):
    with sockets(lambda s: s.drop()) as server:
        listener = listen(server)
        until(lambda: len(server.stages) > 2, "three attempts")
        listener.close()
