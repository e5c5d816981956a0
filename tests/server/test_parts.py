"""The small parts: queue, estimates, hub, devices, store, tokens, framing, chunks."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import stat

import pytest

from runtime_widgets.server.devices import (
    DEVICES,
    DeviceSpec,
    calibration,
    coupling_map,
    declared,
    parse_spec,
)
from runtime_widgets.server.estimates import EMPTY, predict, updated
from runtime_widgets.server.framing import read_frame, write_frame
from runtime_widgets.server.hub import Hub
from runtime_widgets.server.migrations import MIGRATIONS
from runtime_widgets.server.queue import DeviceQueues, Hold, Outlook, Ticket, forecast
from runtime_widgets.server.store import Store
from runtime_widgets.server.tokens import BEARER_SECONDS, Keys
from runtime_widgets.server.work.chunks import CHEAP, cut


def test_a_job_that_is_put_back_stands_where_it_stood():
    queues = DeviceQueues(["d"])
    for number in (2, 3):
        queues.push(Ticket(f"j{number}", "d", number))
    queues.push(Ticket("j1", "d", 1))
    assert ids(queues.waiting("d")) == ["j1", "j2", "j3"]
    assert queues.head("d").job_id == "j1"
    assert queues.remove("j2", "d")
    assert not queues.remove("j2", "d")
    assert (queues.length("d"), queues.total()) == (2, 2)


def ids(tickets):
    return [ticket.job_id for ticket in tickets]


def line(text):
    """Return a queue: "a s1 b" are two jobs, and one of session s between them."""
    queues = DeviceQueues(["d"])
    for number, name in enumerate(text.split()):
        queues.push(Ticket(name, "d", number, name[0] if len(name) > 1 else None))
    return queues


def test_the_jobs_of_a_session_follow_its_first_one():
    queues = line("a s1 b t1 s2 c t2")
    assert ids(queues.waiting("d")) == ["a", "s1", "s2", "b", "t1", "t2", "c"]
    assert queues.head("d").job_id == "a"


@pytest.mark.parametrize("exclusive", [True, False])
def test_an_active_session_comes_first(exclusive):
    hold = Hold("t", exclusive=exclusive)
    queues = line("a s1 b t1 s2 c t2")
    assert ids(queues.waiting("d", hold)) == ["t1", "t2", "a", "s1", "s2", "b", "c"]
    assert queues.head("d", hold).job_id == "t1"


def test_a_device_waits_for_a_dedicated_session_alone():
    queues = line("a b")
    assert queues.head("d", Hold("s", exclusive=True)) is None
    assert queues.head("d", Hold("s", exclusive=False)).job_id == "a"
    assert ids(queues.waiting("d", Hold("s", exclusive=True))) == ["a", "b"]


def test_behind_a_session_that_takes_jobs_nobody_knows_when_a_turn_comes():
    waiting = line("a s1 s2 b").waiting("d")
    seconds = dict.fromkeys(["a", "s1", "s2", "b"], 1.0)

    def starts(takes_jobs, hold=None):
        found = forecast(waiting, seconds.get, 10.0, hold=hold, takes_jobs=takes_jobs)
        return [outlook.starts for outlook in found.values()]

    assert starts(lambda _: False) == [10.0, 11.0, 12.0, 13.0]
    assert starts(lambda one: one == "s") == [10.0, 11.0, 12.0, None]
    assert starts(lambda one: one == "t", Hold("t", exclusive=True)) == [None] * 4
    assert starts(lambda _: False, Hold("t", exclusive=True)) == [10.0, 11.0, 12.0, 13.0]


def test_a_forecast_ends_where_knowledge_ends():
    seconds = {"a": 5.0, "b": None, "c": 1.0}
    assert forecast(line("a b c").waiting("d"), seconds.get, 100.0) == {
        "a": Outlook(1, 100.0, 105.0),
        "b": Outlook(2, 105.0, None),
        "c": Outlook(3, None, None),
    }
    assert forecast(line("a").waiting("d"), seconds.get, None) == {"a": Outlook(1, None, None)}


def test_durations_are_read_between_the_sizes_that_were_measured():
    measured = EMPTY
    for work in (10.0, 20.0, 30.0, 40.0, 1000.0):
        measured = updated(measured, work, 1.0 + work / 10)
    for work in (5.0, 10.0, 25.0, 100.0, 1000.0, 3000.0):
        assert predict(measured, work) == pytest.approx(1.0 + work / 10, rel=0.01)


def test_what_is_far_from_all_that_was_measured_is_not_foreseen():
    assert predict(EMPTY, 5.0) is None
    measured = updated(EMPTY, 100.0, 2.0)
    assert [predict(measured, work) for work in (25.0, 100.0, 400.0)] == [2.0, 2.0, 2.0]
    assert [predict(measured, work) for work in (0.0, 24.0, 401.0, 1e6)] == [None] * 4
    measured = updated(measured, 1e8, 35.0)
    assert predict(measured, 4.1e8) is None
    assert predict(measured, 24.0) is None


def test_heavy_jobs_do_not_change_what_light_ones_are_told():
    measured = EMPTY
    for light, heavy in ((0.1, 35.0), (0.11, 29.0), (0.09, 44.0)):
        measured = updated(updated(measured, 1000.0, light), 1e8, heavy)
    assert predict(measured, 1000.0) == pytest.approx(0.1, rel=0.05)
    assert predict(measured, 500.0) == pytest.approx(0.1, rel=0.05)
    assert predict(measured, 1e8) == pytest.approx(36.0, rel=0.05)


def test_programs_whose_work_is_not_counted_are_given_what_they_took():
    assert predict(updated(EMPTY, 0.0, 2.0), 0.0) == 2.0


def test_measurements_are_kept_and_those_of_an_older_version_made_anew():
    measured = updated(updated(EMPTY, 10.0, 5.0), 1000.0, 7.0)
    kept = json.loads(json.dumps(measured.sums()))
    assert type(measured).from_sums(2, kept) == measured
    assert type(measured).from_sums(9, [1.0, 2.0, 3.0, 4.0, 5.0]) == EMPTY


def test_a_machine_that_became_slower_is_noticed():
    measured = EMPTY
    for seconds in [1.0] * 50 + [3.0] * 50:
        measured = updated(measured, 1.0, seconds)
    assert predict(measured, 1.0) > 2.8


def test_more_work_than_measured_is_never_foreseen_to_take_less_time():
    measured = updated(updated(EMPTY, 10.0, 5.0), 100.0, 1.0)
    assert predict(measured, 400.0) == predict(measured, 100.0) == pytest.approx(1.0)
    assert predict(measured, 2.5) == pytest.approx(5.0)


def test_the_hub_keeps_the_latest_change_of_each_job():
    hub = Hub(kept=3)
    hub.publish(["a", "b", "a"])
    assert hub.since(0) == [(2, "b"), (3, "a")]
    assert hub.since(2) == [(3, "a")]
    assert hub.replayable(0)
    hub.publish(["c", "d", "e"])
    assert [job_id for _, job_id in hub.since(0)] == ["c", "d", "e"]
    assert not hub.replayable(2)
    assert hub.replayable(3)
    assert not hub.replayable(3, "another epoch")
    assert hub.replayable(3, hub.epoch)
    assert not hub.replayable(7)


def test_the_hub_tells_moves_from_changes():
    hub = Hub(kept=3)
    hub.publish(["a"], moved=["b", "c"])
    assert [job_id for _, job_id in hub.since(0)] == ["a"]
    assert hub.moved_since(0) == ["b", "c"]
    seen = hub.seq
    hub.publish([], moved=["a"])
    assert hub.since(seen) == []
    assert hub.since(0), "a move does not hide an earlier change"
    assert hub.moved_since(seen) == ["a"]


def test_the_hub_tells_sessions_from_jobs():
    hub = Hub(kept=3)
    hub.publish(["a"], sessions=["s", "t"])
    assert [one for _, one in hub.sessions_since(0)] == ["s", "t"]
    assert [one for _, one in hub.since(0)] == ["a"]
    seen = hub.seq
    hub.publish([], sessions=["s"])
    assert hub.sessions_since(seen) == [(seen + 1, "s")]


async def test_the_hub_rings_from_any_thread():
    hub = Hub()
    hub.attach(asyncio.get_running_loop())
    bell = hub.watch()
    await asyncio.to_thread(hub.publish, ["a"])
    await asyncio.wait_for(bell.wait(), 10)
    bell.clear()
    hub.unwatch(bell)
    hub.publish(["b"])
    await asyncio.sleep(0)
    assert not bell.is_set()


@pytest.mark.parametrize("qubits", range(1, 40))
def test_every_qubit_of_a_noisy_device_can_be_reached(qubits):
    pairs = coupling_map(DeviceSpec("d", qubits, "noisy"))
    reached, edge = {0}, {0}
    while edge:
        edge = {b for a, b in pairs if a in edge} - reached
        reached |= edge
    assert reached == set(range(qubits))
    assert all([b, a] in pairs for a, b in pairs)


def test_calibration_data_depend_on_the_seed_alone():
    device = DeviceSpec("d", 12, "noisy", 1)
    assert calibration(device) == calibration(DeviceSpec("d", 12, "noisy", 1))
    assert calibration(device) != calibration(DeviceSpec("d", 12, "noisy", 2))
    assert calibration(DeviceSpec("d", 12, "exact")) == {}


def test_standard_devices_without_aer_have_no_wide_one():
    assert declared(None, aer=True) == DEVICES
    assert [spec.kind for spec in declared(None, aer=False)] == ["exact", "noisy"]
    spec = parse_spec("name=a, qubits=7, kind=noisy, seed=3")
    assert spec == DeviceSpec("a", 7, "noisy", 3)


def test_a_new_database_is_migrated_once_and_a_newer_one_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/db"
    first = Store(url)
    assert first.applied == [name for name, _ in MIGRATIONS]
    first.close()
    assert stat.S_IMODE((tmp_path / "db").stat().st_mode) == 0o600
    second = Store(url)
    assert second.applied == []
    second.close()
    connection = sqlite3.connect(tmp_path / "db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.execute("INSERT INTO migrations VALUES ('9999-from-the-future', 0)")
    connection.commit()
    connection.close()
    with pytest.raises(RuntimeError, match="newer version"):
        Store(url)


def test_a_database_of_the_first_version_gets_what_it_lacks(tmp_path):
    url = f"sqlite:///{tmp_path}/db"
    Store(url).close()
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("ALTER TABLE jobs DROP COLUMN interim_lost")
    for column in ("state_reason", "active_ttl", "interactive_ttl", "started", "revision"):
        connection.execute(f"ALTER TABLE sessions DROP COLUMN {column}")
    connection.execute(
        "INSERT INTO sessions (id, backend, mode, state, accepting_jobs, max_ttl, created, "
        "activated, timestamps) VALUES ('s', 'b', 'batch', 'active', 1, 60, 1.0, 2.0, '[]')"
    )
    connection.execute("DELETE FROM migrations WHERE name > '0001-first-tables'")
    values = {"number": 1, "id": "a", "program_id": "p", "backend": "b", "status": "Queued"}
    values.update(created=1.0, revision=1, attempts=1, interim_count=4, tags="[]", private=0)
    values.update(results_read=0, cost=1.0, runtime="", log_level="INFO", facts="{}")
    values.update(body_sha256="x")
    marks = ", ".join("?" * len(values))
    insert = f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})"
    connection.execute(insert, list(values.values()))
    connection.commit()
    connection.close()
    store = Store(url)
    assert store.applied == ["0002-lost-interim-results", "0003-resting-sessions"]
    (session,) = store.open_sessions()
    assert (session["started"], session["interactive_ttl"], session["revision"]) == (2.0, 60, 1)
    assert store.active_jobs()[0]["interim_lost"] == 0
    store.close()


def test_bearer_tokens_expire():
    now = [1_000_000.0]
    keys = Keys("secret", lambda: now[0])
    bearer = keys.issue()["access_token"]
    assert keys.accepts(bearer)
    assert not keys.is_secret(bearer)
    assert Keys("secret", lambda: now[0]).accepts(bearer), "a restart keeps them"
    assert not Keys("other", lambda: now[0]).accepts(bearer)
    now[0] += BEARER_SECONDS + 1
    assert not keys.accepts(bearer)
    assert keys.accepts("secret")


def test_frames_are_read_whole_or_not_at_all():
    stream = io.BytesIO()
    write_frame(stream, {"a": 1}, b"blob")
    raw = stream.getvalue()
    assert read_frame(io.BytesIO(raw)) == ({"a": 1}, b"blob")
    assert all(read_frame(io.BytesIO(raw[:end])) is None for end in range(len(raw)))
    assert read_frame(io.BytesIO(raw), len(raw)) is not None
    assert read_frame(io.BytesIO(raw), 10) is None


@pytest.mark.parametrize(("sets", "shots"), [(1, 1), (1, 8192), (1, 10**6), (5, 100), (1000, 7)])
def test_chunks_cover_a_pub_exactly(sets, shots):
    chunks = cut(sets, shots, 1.0)
    assert len(chunks) <= 16
    covered = [s for chunk in chunks for s in range(chunk.start, chunk.stop)]
    if sets > 1:
        assert covered == list(range(sets))
        assert {chunk.shots for chunk in chunks} == {shots}
    else:
        assert sum(chunk.shots for chunk in chunks) == shots
        assert min(chunk.shots for chunk in chunks) > 0


def test_what_is_costly_to_simulate_is_not_simulated_again_for_each_chunk():
    assert len(cut(1, 10**6, CHEAP + 1)) == 1


def test_problems_are_json():
    from runtime_widgets.server.problems import Problem

    problem = Problem(400, 1, "message", "solution")
    again = Problem.from_wire(json.loads(json.dumps(problem.to_wire())))
    assert (again.status, again.error()) == (400, problem.error())
