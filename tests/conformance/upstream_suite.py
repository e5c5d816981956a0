"""Run the integration tests of IBM's client, unmodified, against a server of ours; count them.

``python tests/conformance/upstream_suite.py [pytest's arguments]``, or ``make upstream``. The
tests come with the source of the installed version, which pip fetches from wherever it is set up
to fetch from, into ``build/upstream``. All that they are given is the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

from qiskit import QuantumCircuit

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
PROXIES = "the test's proxy is for https on port 443, and this server speaks plain http"
# Why a test cannot pass here; whatever else fails is a fault.
EXPECTED = {
    "test_proxies.TestProxies.test_proxies_cloud_runtime_client": PROXIES,
    "test_proxies.TestProxies.test_proxies_qiskit_runtime_service": PROXIES,
}


def main(arguments: list[str]) -> int:
    """Fetch, run, tell; 1 if a test failed that should not have."""
    source, tools = fetch_source(), fetch_tools()
    report = BUILD / "report.xml"
    options = [part for device in DEVICES for part in ("--device", device)]
    options += ["--usage-limit-seconds", str(LIMIT_SECONDS)]
    with LocalRuntime(options=options) as runtime, tempfile.TemporaryDirectory() as home:
        give_it_a_past(runtime)
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "test/integration", "-p", "no:cacheprovider"),
                *("-q", "--tb=short", "-W", "ignore", "--timeout=600"),
                *("-o", "junit_family=xunit1", f"--junitxml={report}", *arguments),
            ],
            cwd=source,
            env={**environment(runtime.address, tools), "HOME": home},
            check=False,
        )
    return tell(report)


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
    if not tools.is_dir():
        # Without what they need in turn: the environment has it, and must stay the one in use.
        pip("install", "--no-deps", "--target", str(tools), *TOOLS)
    return tools


def pip(*arguments: str) -> None:
    """Run pip."""
    BUILD.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    subprocess.run(command, check=True)


def environment(address: LocalAddress, tools: Path) -> dict[str, str]:
    """Return the environment that points IBM's client at a server; the README tells why."""
    return {
        **os.environ,
        "QISKIT_IBM_TOKEN": address.token,
        "QISKIT_IBM_INSTANCE": address.instance,
        "QISKIT_IBM_QPU": QPU,
        "QISKIT_IBM_URL": "http://runtime.localhost",
        "IAM_URL": "http://iam.runtime.localhost",
        "HTTP_PROXY": address.url,
        "http_proxy": address.url,
        "NO_PROXY": "",
        "no_proxy": "",
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


def tell(report: Path) -> int:
    """Print what was not passed, and why, and the counts."""
    counts: Counter[str] = Counter()
    faults = 0
    for name, outcome, why in outcomes(report):
        counts[outcome] += 1
        if outcome == "failed":
            known = EXPECTED.get(name)
            faults += known is None
            print(f"FAILED  {name}: {known or why}")
        elif outcome == "skipped":
            print(f"SKIPPED {name}: {why}")
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))
    print(f"{CLIENT} {version(CLIENT)}: {told} of {counts.total()}; {faults} of them not expected")
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
