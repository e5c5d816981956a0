"""Programs that tests register: the worker processes import them."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path


def sleep(params, publish):
    """Sleep for params.seconds (until `release` exists, if that is given)."""
    end = time.monotonic() + params.get("seconds", 0)
    release = params.get("release")
    while time.monotonic() < end and not (release and Path(release).exists()):
        time.sleep(0.01)
    return {"slept": params.get("seconds", 0)}


def mark(params, publish):
    """Append a line to a file at the start and one at the end."""
    with Path(params["file"]).open("a") as file:
        file.write(f"start {params['name']}\n")
    time.sleep(params.get("seconds", 0))
    with Path(params["file"]).open("a") as file:
        file.write(f"end {params['name']}\n")
    return params["name"]


def count(params, publish):
    for number in range(params["upto"]):
        publish({"number": number})
        time.sleep(params.get("pause", 0))
    return params["upto"]


def pour(params, publish):
    """Publish megabytes."""
    for number in range(params["megabytes"]):
        publish({"number": number, "filler": "x" * 1_000_000})


def big(params, publish):
    """Return a long text."""
    return "x" * params["bytes"]


def fail(params, publish):
    logging.getLogger("mine").warning("about to fail")
    print("printed before it failed")
    raise ValueError("this program always fails")


def die(params, publish):
    os._exit(7)


def show_pid(params, publish):
    publish({"pid": os.getpid()})
    time.sleep(60)


def eat(params, publish):
    hoard = []
    while True:
        hoard.append(bytearray(64 * 1024 * 1024))


def strange(params, publish):
    return object()


def leave(params, publish):
    sys.exit("a program has no business to exit")
