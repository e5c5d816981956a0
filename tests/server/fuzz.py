"""The fuzzer of `make fuzz` and of `test_contract.py`: schemathesis against a real server.

It reads the server's own description, sends what fits it and what does not, also step after step
with the ids that it is given, and holds every answer to the description.

    python tests/server/fuzz.py                          five minutes, another seed each time
    python tests/server/fuzz.py --max-time 3600          whatever `st run` takes
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

from server.support import TOKEN, Server, bell, circuit_json  # noqa: E402 (as a script it has to find it first)

PROGRAMS = [f"{name}=own_programs:{name}" for name in ("count", "fail", "sleep")]
MANY = 30  # jobs to find by list, and to use up
FIVE_MINUTES = ("--max-time", "300", "--max-examples", "100")


def prepare(server: Server) -> None:
    """Leave jobs of every kind on the server, for the fuzzer to find in the list."""
    for number in range(MANY):
        server.submit("count", {"upto": 3}, tags=["found"], private=number % 10 == 0)
    server.submit("fail")
    server.sample([circuit_json(bell()), None, 10])
    for job in server.get("/jobs", exclude_params="true").json()["jobs"]:
        server.wait(job["id"])
    for _ in range(2):  # one of them runs, one waits, for as long as the fuzzer does
        server.submit("sleep", {"seconds": 3600})


def fuzz(server: Server, *options: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a server; its output and its exit code are the outcome."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
        *("--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{server.root}/openapi.json", *options),
    ]
    environment = {
        **os.environ,
        "RUNTIME_WIDGETS_FUZZ_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(HERE.parent),  # for fuzz_hooks.py
    }
    with tempfile.TemporaryDirectory() as folder:  # what it leaves behind is of no use here
        return subprocess.run(
            command, cwd=folder, env=environment, text=True, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip


def main() -> int:
    """Fuzz a server of its own; show what was found, and the server's log where it has one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder) / "data", programs=PROGRAMS) as server,
    ):
        prepare(server)
        done = fuzz(server, *(sys.argv[1:] or FIVE_MINUTES))
        print(done.stdout)
        log = server.log()
    print(f"The server's log:\n{log}" if log else "The server's log is empty.")
    return done.returncode or ("Traceback" in log)


if __name__ == "__main__":
    sys.exit(main())
