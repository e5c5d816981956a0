"""One service under fifty threads, against the true server: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import threading

from support.faultproxy import fault_proxy
from support.waiting import until

from runtime_widgets.params import ClientParameters
from runtime_widgets.service import QiskitRuntimeService

THREADS = 50
EACH = 4
DEVICE = "local_exact"
MOST_CONNECTIONS = THREADS + 20
"""A thread has one at a time; the tracker, its stream and callbacks have theirs."""


def work(service, number, flag, done):
    """Do all that a user does, as the thread of this number."""
    rng = random.Random(number)
    tag = f"thread-{number}"
    for turn in range(EACH):
        job = service.run("echo", {"say": [number, turn]}, backend=DEVICE, tags=[tag])
        done["submitted"].append(job.job_id())
        acts = [
            job.status,
            lambda: service.jobs(limit=5),
            lambda: service.backends(operational=True),
            lambda job=job: job.update_tags([tag, "changed"]),
            lambda job=job: service.job(job.job_id()).metrics(),
            job.usage,
            service.usage,
        ]
        rng.shuffle(acts)
        for act in acts[:5]:
            act()
        assert job.result(100) == [number, turn]
        done["results"].append(job.job_id())
    waiting = service.run("hold", {"until": str(flag)}, backend=DEVICE, tags=[tag])
    done["submitted"].append(waiting.job_id())
    waiting.cancel()
    waiting.wait_for_final_state(100)
    assert waiting.cancelled()
    done["cancelled"].append(waiting.job_id())


def test_fifty_threads_share_one_service(runtime, flag, caplog):
    address = runtime.address
    with fault_proxy(address.url) as proxy:
        params = ClientParameters(
            "ibm_quantum_platform",
            address.token,
            proxy.url,
            address.instance,
            iam_url=proxy.url,
            read_timeout_s=60.0,
        )
        service = QiskitRuntimeService(params=params)
        done = {"submitted": [], "results": [], "cancelled": []}
        wrong = []
        barrier = threading.Barrier(THREADS)

        def run(number):
            try:
                barrier.wait(30)
                work(service, number, flag, done)
            except BaseException as exc:
                wrong.append(exc)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
        assert wrong == []
        assert "pool is full" not in caplog.text
        assert not any(thread.is_alive() for thread in threads)
        assert len(done["results"]) == len(set(done["results"])) == THREADS * EACH
        assert len(done["cancelled"]) == THREADS
        assert proxy.exchanges() == 1
        assert proxy.most_connections <= MOST_CONNECTIONS
        # Each submission was sent once, and each is a job of its own on the server.
        assert len(proxy.calls("POST /api/v1/jobs/")) == THREADS  # the cancels
        submissions = [c for c in proxy.calls("POST") if c == "POST /api/v1/jobs"]
        assert len(submissions) == len(set(done["submitted"])) == THREADS * (EACH + 1)
        listed = {job.job_id() for job in service.jobs(limit=None)}
        assert set(done["submitted"]) <= listed
        service.close()
        until(lambda: proxy.connections == 0, "the end of all connections")
