"""A whole session in a notebook, with every log on: no token is anywhere but where it is meant.

A key that is saved, bearers that it is exchanged for, the embedded runtime's own token and a
proxy's password are looked for in the notebook's file (outputs, tracebacks, widget state), the
logs, every file of the home and the runtime's folders, the URLs that were asked for, and the
command lines and environments of the processes that were started.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from urllib.parse import quote

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from support.faultproxy import FaultProxy, instead, spoiled
from support.scripted import Answer, Request

PASSWORD = "hunter2-of-a-proxy"

SETUP = """
import http.client, io, logging, os, pickle, pprint, sys, threading, time, traceback
from dataclasses import asdict
from pathlib import Path
logging.basicConfig(level=logging.DEBUG, handlers=[
    logging.FileHandler(os.environ["HUNT_LOG"]), logging.StreamHandler(sys.stderr)])
for name in list(logging.root.manager.loggerDict):
    if not name.startswith(("parso", "asyncio", "IPython")):
        logging.getLogger(name).setLevel(logging.DEBUG)
http.client.HTTPConnection.debuglevel = 1
http.client.HTTPSConnection.debuglevel = 1
%xmode Verbose
"""

ACCOUNT = """
from runtime_widgets import *
from runtime_widgets import errors
for name in list(logging.root.manager.loggerDict):
    if name.startswith(("runtime_widgets", "urllib3", "requests", "websockets")):
        if name != "runtime_widgets.stream.socket":
            logging.getLogger(name).setLevel(logging.DEBUG)
QiskitRuntimeService.save_account(
    token=Path(os.environ["HUNT_KEY"]).read_text(), url=os.environ["HUNT_URL"],
    instance="local", name="hunted",
    proxies={"urls": {"gopher": Path(os.environ["HUNT_PASSWORD"]).read_text()}})
service = QiskitRuntimeService(name="hunted", read_timeout_s=20, retry_for_s=2)
service
"""

SHOW = """
things = [service, service.client, service.client.params, service.client.auth, vars(service),
    vars(service.client), vars(service.client.auth), asdict(service.client.params),
    service.client.auth.headers(), service._tracker, service.saved_accounts(),
    service.active_account(), service.active_instance(), service.instances(),
    service.backends(), service.jobs()]
for thing in things:
    print(repr(thing), str(thing)); pprint.pprint(thing)
things
"""

WORK = """
from qiskit import QuantumCircuit
circuit = QuantumCircuit(1); circuit.h(0); circuit.measure_all()
sampler = SamplerV2(service.backend("local_exact"), tags=["hunted"])
job = sampler.run([circuit])
seen = []
job.observe(lambda change: seen.append(repr(change)))
print(job.result(60), job.logs(), job.metrics(), job.usage(), job.queue_info())
print(job.tags, job.inputs)
print(repr(vars(job)), repr(job.state), repr(job.state.trait_values()), seen)
job
"""

FAIL = [
    'service.job("nobody")',
    'service.run("no such program", {}, backend="local_exact")',
    'service.backend("nobody")',
    'SamplerV2(service.backend("local_exact")).run(["no circuit"])',
    'service.delete_job("nobody")',
    # Harm: the name of each call is one that the test's man in the middle knows.
    'service.client.job_logs("reset")',
    'service.client.job_logs("page")',
    'service.client.job_metrics("garbage")',
    'service.client.job_metrics("refused")',
    'service.client.job_delete("away")',
    'QiskitRuntimeService(name="nobody")',
    'QiskitRuntimeService(name="hunted", instance="nobody")',
    'QiskitRuntimeService(token=Path(os.environ["HUNT_KEY"]).read_text(), channel="wrong")',
    "service.client.auth._keeper._exchange(); service.client.auth._keeper._ask(1)",
    'QiskitRuntimeService.save_account(**service.saved_accounts()["hunted"], name="hunted")',
]

INTERRUPT = """
import _thread
threading.Timer(1.0, _thread.interrupt_main).start()
service.client.job_logs("silent")
"""

CAUGHT = """
for act in (lambda: service.client.job_logs("page"), lambda: service.client.job_get("nobody")):
    try:
        act()
    except errors.IBMApiError as exc:
        logging.exception("caught")
        there = pickle.loads(pickle.dumps(exc))
        print(repr(there), vars(there), traceback.format_exception(exc))
"""

LOCAL = """
local = QiskitRuntimeService(channel="local")
mine = local.run("sampler", {"pubs": [(circuit,)]}, backend="local_exact")
print(mine.result(60), local.active_account(), repr(vars(local)), repr(vars(local.client)))
pprint.pprint(vars(local.client._whereabouts))
mine
"""

MONITOR = """
JobMonitor([job, mine])
"""

END = """
from runtime_widgets import local as module
address = module.find()
print(address.url, address)
print("SERVER-PROCESS", address.pid)
print("KERNEL-PROCESS", os.getpid())
"""


def harm(request: Request, pass_on):
    """Do what a call's id says."""
    kind = next((k for k in KINDS if f"/jobs/{k}" in request.path), None)
    return KINDS[kind](request, pass_on) if kind else pass_on()


KINDS = {
    "reset": spoiled(fault="reset"),
    "page": instead(Answer(403, b"<html><title>No</title>", {"Content-Type": "text/html"})),
    "garbage": spoiled(fault="garbage", body=b"\x00"),
    "refused": instead(Answer(401)),
    "away": instead(Answer(503)),
    "silent": instead(Answer(fault="stall")),
}


@pytest.fixture
def session(runtime, tmp_path):
    """Run the notebook; return what is to be searched, by where it was found."""
    home, state = tmp_path / "home", tmp_path / "state"
    home.mkdir()
    given = tmp_path / "given"
    given.mkdir()
    (given / "key").write_text(runtime.address.token)
    (given / "password").write_text(f"http://bob:{PASSWORD}@proxy.example")
    proxy = FaultProxy(runtime.address.url)
    proxy.harm(harm)
    env = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "RUNTIME_WIDGETS_LOCAL_DIR": str(state),
        # Its file is one of those that are searched.
        "RUNTIME_WIDGETS_HISTORY": "on",
        "HUNT_KEY": str(given / "key"),
        "HUNT_PASSWORD": str(given / "password"),
        "HUNT_URL": proxy.url,
        "HUNT_LOG": str(home / "hunt.log"),
        # The embedded runtime that the notebook starts has no business with it.
        "QISKIT_IBM_TOKEN": runtime.address.token,
        **dict.fromkeys(("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"), proxy.url),
    }
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        env.pop(name, None)
    cells = [SETUP, ACCOUNT, SHOW, WORK, *FAIL, INTERRUPT, CAUGHT, LOCAL, MONITOR, END]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c.strip()) for c in cells])
    client = NotebookClient(book, timeout=100, allow_errors=True, kernel_name="python3")
    found = {}
    try:
        with client.setup_kernel(env=env):
            for number, cell in enumerate(book.cells):
                client.execute_cell(cell, number)
            client.set_widgets_metadata()
            said = "".join(o.get("text", "") for o in book.cells[-1].outputs)
            pids = {k: int(said.split(f"{k}-PROCESS ")[1].split()[0]) for k in ("SERVER", "KERNEL")}
            found["kernel's command"] = " ".join(psutil.Process(pids["KERNEL"]).cmdline())
            for process in _family(pids["SERVER"]):
                found[f"command of {process.pid}"] = " ".join(process.cmdline())
                found[f"environment of {process.pid}"] = json.dumps(process.environ())
    finally:
        for process in _family(locals().get("pids", {}).get("SERVER")):
            process.terminate()
        proxy.close()
    path = home / "session.ipynb"
    nbformat.write(book, path)
    found["URLs"] = "\n".join(f"{r.target}" for r in proxy.seen)
    bearers = {r.headers.get("authorization", " ").partition(" ")[2] for r in proxy.seen} - {""}
    return Session(book, found, home, state, runtime.address.token, bearers)


def _family(pid):
    if pid is None or not psutil.pid_exists(pid):
        return []
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


class Session:
    def __init__(self, book, found, home, state, key, bearers):
        self.book, self.home, self.state = book, home, state
        (own,) = {json.loads(p.read_text())["token"] for p in state.rglob("server.json")}
        self.secrets = {"key": key, "own": own, "password": PASSWORD}
        self.secrets |= {f"bearer {n}": b for n, b in enumerate(sorted(bearers))}
        self.places = found
        for root in (home, state):
            for file in root.rglob("*"):
                if file.is_file():
                    self.places[str(file.relative_to(root.parent))] = file.read_bytes().decode(
                        "utf-8", "replace"
                    )

    def around(self, name):
        """Return what stands around a secret where it is, with the secret left out."""
        secret = self.secrets[name]
        found = {}
        for place in self.where(name):
            text = self.places[place]
            at = text.find(secret)
            found[place] = text[max(at - 900, 0) : at + 300].replace(secret, "<SECRET>")
        return found

    def where(self, name):
        """Return the places where a secret is, in any of its usual spellings."""
        secret = self.secrets[name]
        spelled = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
        return sorted(p for p, text in self.places.items() if any(s in text for s in spelled))


@pytest.mark.timeout(400)
def test_no_token_of_a_whole_session_is_anywhere_but_where_it_is_meant(session):
    errors = [
        (number, output["ename"])
        for number, cell in enumerate(session.book.cells)
        for output in cell.outputs
        if output["output_type"] == "error"
    ]
    said = session.places["home/session.ipynb"]
    # What has to go well went well, and what has to fail failed: else nothing was looked at.
    assert [n for n, _ in errors] == list(range(4, 4 + len(FAIL) + 1)), errors
    assert errors[-1][1] == "KeyboardInterrupt"
    assert "application/vnd.jupyter.widget-view+json" in said
    assert "********" in said
    log = session.places["home/hunt.log"]
    assert "urllib3" in log
    assert "websockets" in log or "caught" in log
    assert any(name.startswith("bearer") for name in session.secrets)
    assert "hunted" in session.places["state/data/history.sqlite3"]

    accounts = "home/.qiskit/qiskit-ibm.json"
    assert session.where("key") == [accounts], session.around("key")
    assert session.where("password") == [accounts], session.around("password")
    for name in session.secrets:
        if name.startswith("bearer"):
            assert session.where(name) == [], session.around(name)
    own = session.where("own")
    assert "state/server.json" in own
    assert set(own) <= {"state/server.json", "state/data/server.json", "state/data/token"}
    for place in [*own, accounts]:
        assert (session.home.parent / place).stat().st_mode & 0o077 == 0, place
    assert sys.executable  # the kernel was this Python
