"""The browser tests' fixtures; the benchmarks use the same."""

from support.gallery import gallery, shown
from support.lab import chromium, lab, notebook, runtime, service

__all__ = ["chromium", "gallery", "lab", "notebook", "runtime", "service", "shown"]
