"""The browser tests' fixtures; the benchmarks use the same."""

from support.lab import chromium, lab, notebook, runtime, service

__all__ = ["chromium", "lab", "notebook", "runtime", "service"]
