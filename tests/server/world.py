"""The core without HTTP, without processes, and with a clock that only the test moves."""

from __future__ import annotations

import json

from runtime_widgets.server.context import Context
from runtime_widgets.server.core import Core
from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.pool import Checked
from runtime_widgets.server.settings import DEFAULT_INSTANCE, Limits, Settings
from runtime_widgets.server.store import Store

START_S = 1_800_000_000.0


class Pool:
    """Starts nothing; the test says how an attempt goes."""

    def __init__(self):
        self.started = []
        self.prepared = []
        self.stopped = []
        self.listener = None

    def start(self, order, listener):
        self.started.append(order)
        self.listener = listener

    def prepare(self, order, listener):
        self.prepared.append(order)

    def stop(self, job_id):
        self.stopped.append(job_id)

    def check(self, body):
        envelope = json.loads(body)
        params = json.dumps(envelope.pop("params", {}))
        return Checked(envelope, params, {"work": envelope.pop("work", 1.0)})

    def close(self):
        pass


class Announced(list):
    def publish(self, changed, moved=(), sessions=()):
        self.extend([*changed, *moved])


class World:
    """A core and all that it touches."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.now = START_S
        self.options = {"post_processing_seconds": 0.0, **options}
        self.open()

    def open(self):
        settings = Settings(
            data=self.folder,
            token="t",
            instance=DEFAULT_INSTANCE,
            database_url=f"sqlite:///{self.folder}/db",
            devices=(DeviceSpec("one", 5, "exact"), DeviceSpec("two", 5, "exact")),
            limits=Limits(max_execution_seconds=100.0),
            **self.options,
        )
        self.pool, self.announced = Pool(), Announced()
        self.store = Store(settings.database_url)
        context = Context(settings, self.store, self.announced, lambda: self.now)
        self.core = Core(context, self.pool)
        self.core.start()

    def crash(self):
        """Lose everything but the database."""
        self.store.close()
        self.open()

    def submit(self, device="one", **more):
        body = {"program_id": "sampler", "backend": device, **more}
        return self.core.submit(json.dumps(body).encode())["id"]

    def status(self, job_id):
        return self.core.job(job_id)["status"]

    def report(self, kind, job_id, *details):
        attempt = self.core.job(job_id)["attempts"]
        getattr(self.core.scheduler, kind)(job_id, attempt, *details)

    def run(self, job_id, seconds):
        self.report("executing", job_id)
        self.now += seconds
        self.report("done", job_id, '"result"', seconds)
