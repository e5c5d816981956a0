"""The fixtures of the browser tests, for the benchmarks that need a browser."""

from support.lab import chromium, lab, notebook, runtime, service

__all__ = ["chromium", "lab", "notebook", "runtime", "service"]
