"""A real server in a process of its own, and plain requests to it: the protocol, not our client."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import requests
from qiskit import QuantumCircuit, qpy
from websockets.sync.client import ClientConnection, connect

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOKEN = "a-token-for-tests"
FINAL = {"Completed", "Failed", "Cancelled"}
PATIENCE_S = 60.0

_CODE = """
import json, sys
from pathlib import Path
from runtime_widgets.server.main import serve
from runtime_widgets.server.settings import Limits
options = json.loads(sys.argv[1])
for name in ("data", "announce", "tls_certificate", "tls_key"):
    if options.get(name):
        options[name] = Path(options[name])
if "limits" in options:
    options["limits"] = Limits(**options["limits"])
sys.exit(serve(json=True, **options))
"""


def pack(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw)).decode()


def unpack(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def circuit_json(circuit: QuantumCircuit) -> dict[str, str]:
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, version=min(17, qpy.QPY_VERSION))
    return {"__type__": "QuantumCircuit", "__value__": pack(buffer.getvalue())}


def array_json(values: Any) -> dict[str, str]:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values), allow_pickle=False)
    return {"__type__": "ndarray", "__value__": pack(buffer.getvalue())}


def read_array(data: dict[str, str]) -> np.ndarray:
    return np.load(io.BytesIO(unpack(data["__value__"])), allow_pickle=False)


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def until(question: Any, seconds: float = PATIENCE_S) -> Any:
    """Ask until the answer is true; a bound, not a measurement."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Say whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with suppress(OSError):
                parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == pid:
                    found.append(int(path.name))
    return found


class Server:
    """One server process. Use it in a `with`."""

    def __init__(self, data: Path, **options: Any) -> None:
        self.data = data
        options = {"data": str(data), "token": TOKEN, "post_processing_seconds": 0.0, **options}
        self._command = [sys.executable, "-c", _CODE, json.dumps(options)]
        self.process: subprocess.Popen[str] | None = None
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"
        self.session.trust_env = False

    def start(self) -> Server:
        path = os.pathsep.join([str(ROOT), str(HERE)])
        environment = {**os.environ, "PYTHONPATH": path}
        log = (self.data.parent / f"{self.data.name}.log").open("a")
        with log:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )
        line = self.process.stdout.readline()
        if not line:
            code = self.stop()
            raise AssertionError(f"the server ended with {code}: {self.log()}")
        self.facts = json.loads(line)
        self.root = self.facts["url"]
        self.api = f"{self.root}/api/v1"
        return self

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End the server and return its exit code."""
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        return code

    def ends(self) -> int:
        """Wait for the server to end by itself, and return its exit code."""
        self.session.close()
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        """End the server as a crash would."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Server:  # noqa: PYI034
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- requests --------------------------------------------------------------------------

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        how.setdefault("timeout", 60)
        return self.session.request(method, self.api + path, **how)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.ask("GET", path, params=query)

    def post_job(self, body: Any, **headers: str) -> requests.Response:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.ask("POST", "/jobs", data=data, headers=headers)

    def submit(self, program: str = "sleep", params: Any = None, **more: Any) -> str:
        """Submit a job that is accepted; return its id."""
        body = {"program_id": program, "backend": "local_exact", "params": params or {}, **more}
        answer = self.post_job(body)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def sample(self, *pubs: Any, **more: Any) -> str:
        options = more.pop("options", {})
        params = {"pubs": list(pubs), "options": options, "version": 2, "support_qiskit": True}
        return self.submit("sampler", params, **more)

    def estimate(self, *pubs: Any, **more: Any) -> str:
        options = more.pop("options", {})
        return self.submit("estimator", {"pubs": list(pubs), "options": options}, **more)

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.get(f"/jobs/{job_id}", exclude_params="true")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, job_id: str) -> str:
        return self.job(job_id)["state"]["status"]

    def wait(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait for one of these states, or for any final one."""
        wanted = set(statuses) or FINAL

        def look() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["state"]["status"] in wanted else None

        return until(look)

    def result(self, job_id: str) -> Any:
        """Wait for a job, which must complete, and return its result as plain JSON."""
        job = self.wait(job_id)
        assert job["state"]["status"] == "Completed", job["state"]
        answer = self.get(f"/jobs/{job_id}/results")
        assert answer.headers["content-type"].startswith("text/plain")
        return json.loads(answer.text)

    def socket(self, path: str) -> ClientConnection:
        url = "ws" + self.api.removeprefix("http") + path
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return connect(url, additional_headers=headers, proxy=None, close_timeout=2)


def field(result: dict[str, Any], pub: int, name: str) -> dict[str, Any]:
    """Return one field of a PUB's DataBin, by the envelopes of the protocol."""
    entry = result["__value__"]["pub_results"][pub]["__value__"]
    return entry["data"]["__value__"]["fields"][name]


def bits(result: dict[str, Any], pub: int, name: str) -> np.ndarray:
    """Return a BitArray as integers of shape (*shape, shots)."""
    array = read_array(field(result, pub, name)["__value__"]["array"])
    weights = 256 ** np.arange(array.shape[-1])[::-1]
    return (array.astype(object) * weights).sum(axis=-1).astype(int)


def check_error(answer: requests.Response, status: int) -> dict[str, Any]:
    """Check the error shape and return its first error."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    body = answer.json()
    assert set(body) == {"errors", "trace"}
    assert isinstance(body["trace"], str)
    assert body["trace"]
    (error,) = body["errors"]
    assert isinstance(error["code"], int)
    assert error["message"]
    return error
