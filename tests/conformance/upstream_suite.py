"""Run the integration tests of IBM's client, unmodified, against a server of ours; count them.

``python tests/conformance/upstream_suite.py [pytest's arguments]``, or ``make upstream``. The
tests come with the source of the installed version, which pip fetches from wherever it is set up
to fetch from, into ``build/upstream``. All that they are given is the environment.

They run twice, with two servers: over HTTP, which is its own proxy, for the names that the client
makes; and those that are about proxies over HTTPS on port 443, for they know no other.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from qiskit import QuantumCircuit
from support.certificates import make_certificate

from runtime_widgets.local import LocalAddress, LocalRuntime
from runtime_widgets.primitives import SamplerV2
from runtime_widgets.service import QiskitRuntimeService

BUILD = Path(__file__).resolve().parents[2] / "build" / "upstream"
CLIENT = "qiskit-ibm-runtime"
# What the tests start or import and this project does not: a proxy, another JSON library, and
# what learns noise in the client, with the two libraries that it needs and nobody else here.
TOOLS = ("pproxy==2.7.8", "simplejson", "qiskit-noise-learning", "xarray", "pandas")
QPU = "test_eagle"  # they look for a device whose name begins so
DEVICES = (
    f"name={QPU},kind=eagle",
    "name=ibm_sherbrooke,kind=eagle",
    "name=mock_sherbrooke,kind=eagle",
    "name=alt_fez,kind=heron",
)
LIMIT_SECONDS = 360_000  # without a limit an account has no remaining seconds to be asked for
PROXIES = "test/integration/test_proxies.py"
# Tests that cannot pass, and why; any other failure is a fault.
EXPECTED = {
    "test_noise_learner.TestIntegrationNoiseLearner.test_learner_plus_estimator": (
        "it asks the service's own estimator for the noise model that it amplified (PEA); that "
        "estimator amplifies none here, and does not say so"
    ),
}


def main(arguments: list[str]) -> int:
    """Fetch, run, tell; 1 if a test failed that should not have."""
    source, tools = fetch_source(), fetch_tools()
    options = [part for device in DEVICES for part in ("--device", device)]
    options += ["--usage-limit-seconds", str(LIMIT_SECONDS)]
    with LocalRuntime(options=options) as runtime:
        give_it_a_past(runtime)
        found = environment(runtime.address, tools, over_http(runtime.address.url))
        reports = [run(source, found, "test/integration", f"--ignore={PROXIES}", *arguments)]
    if may_listen(443):
        with https_server(options) as (facts, certificate):
            found = environment(facts, tools, over_https(certificate))
            reports.append(run(source, found, PROXIES, *arguments))
    else:
        print(f"NOT RUN {PROXIES}: port 443 is not free for this user")
    return tell(reports)


def run(source: Path, found: dict[str, str], tests: str, *arguments: str) -> Path:
    """Run some of the tests in an environment; return their report."""
    report = BUILD / f"{Path(tests).stem}.xml"
    report.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", tests, "-p", "no:cacheprovider"),
                *("-q", "--tb=short", "-W", "ignore", "--timeout=600"),
                *("-o", "junit_family=xunit1", f"--junitxml={report}", *arguments),
            ],
            cwd=source,
            env={**found, "HOME": home},
            check=False,
        )
    return report


def may_listen(port: int) -> bool:
    """Say whether a port is free, and this user may have it."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def https_server(options: list[str]) -> Iterator[tuple[LocalAddress, Path]]:
    """Run a server on port 443; tell where it is, and its certificate."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(Path(folder))
        command = [sys.executable, "-m", "runtime_widgets", "serve", "--json", "--port", "443"]
        command += ["--tls-certificate", str(certificate), "--tls-key", str(key), *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            facts = json.loads(server.stdout.readline())
            yield LocalAddress(**facts), certificate
        finally:
            server.terminate()
            server.communicate(timeout=30)


def fetch_source() -> Path:
    """Unpack the source of the installed version, if it is not there."""
    name = f"{CLIENT.replace('-', '_')}-{version(CLIENT)}"
    source = BUILD / name
    if not source.is_dir():
        pip("download", "--no-deps", "--no-binary", CLIENT, f"{CLIENT}=={version(CLIENT)}",
            "--dest", str(BUILD))  # fmt: skip
        with tarfile.open(BUILD / f"{name}.tar.gz") as archive:
            archive.extractall(BUILD, filter="data")
    return source


def fetch_tools() -> Path:
    """Install what the tests need, beside the environment."""
    tools = BUILD / "tools"
    made = tools / "made-of"
    if not made.exists() or made.read_text() != " ".join(TOOLS):
        # Without what they need in turn: the environment has it, and must stay the one in use.
        pip("install", "--no-deps", "--upgrade", "--target", str(tools), *TOOLS)
        # That proxy takes uvloop where there is one, in a way that uvloop's newest ends with.
        (tools / "uvloop.py").write_text("raise ModuleNotFoundError(__name__)")
        made.write_text(" ".join(TOOLS))
    return tools


def pip(*arguments: str) -> None:
    """Run pip."""
    BUILD.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    subprocess.run(command, check=True)


def over_http(url: str) -> dict[str, str]:
    """Point the client at a server that is its own proxy; the README tells why."""
    return {
        "QISKIT_IBM_URL": "http://runtime.localhost",
        "IAM_URL": "http://iam.runtime.localhost",
        "HTTP_PROXY": url,
        "http_proxy": url,
        "NO_PROXY": "",
        "no_proxy": "",
    }


def over_https(certificate: Path) -> dict[str, str]:
    """Point the client at a server on port 443, by an address that it leaves as it is."""
    root = "https://127.0.0.1"
    return {
        "QISKIT_IBM_URL": f"{root}/experimental/api/v1",
        **dict.fromkeys(("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"), root),
        "REQUESTS_CA_BUNDLE": str(certificate),
        "NO_PROXY": "",
        "no_proxy": "",
    }


def environment(address: LocalAddress, tools: Path, where: dict[str, str]) -> dict[str, str]:
    """Return the whole environment of the tests."""
    return {
        **os.environ,
        **where,
        "QISKIT_IBM_TOKEN": address.token,
        "QISKIT_IBM_INSTANCE": address.instance,
        "QISKIT_IBM_QPU": QPU,
        "PATH": os.pathsep.join([str(tools / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(tools), os.environ.get("PYTHONPATH")])),
    }


def give_it_a_past(runtime: LocalRuntime) -> None:
    """Run some jobs: the tests take for granted that the account has had a page of them."""
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    service = QiskitRuntimeService(params=runtime.params())
    sampler = SamplerV2(service.backend(QPU))
    for job in [sampler.run([circuit]) for _ in range(10)]:
        job.wait_for_final_state(60)
    service.close()


def tell(reports: list[Path]) -> int:
    """Print what was not passed, and why, and the counts."""
    counts: Counter[str] = Counter()
    faults = 0
    for name, outcome, why in (each for report in reports for each in outcomes(report)):
        counts[outcome] += 1
        known = EXPECTED.get(name) if outcome == "failed" else None
        faults += outcome == "failed" and known is None
        if outcome != "passed":
            print(f"{outcome.upper():7} {name}: {known or why}")
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))
    print(f"{CLIENT} {version(CLIENT)}: {told} of {sum(counts.values())}; {faults} faults")
    return 1 if faults or not counts else 0


def outcomes(report: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each test's name, outcome and, if it did not pass, the first line of why."""
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        name = name.removeprefix("test.integration.")
        outcome, why = "passed", ""
        for part in case:
            if part.tag in ("failure", "error", "skipped"):
                outcome = "skipped" if part.tag == "skipped" else "failed"
                why = (part.get("message") or part.text or "").strip().split("\n")[0][:300]
        yield name, outcome, why


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
