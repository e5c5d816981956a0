#!/usr/bin/env bash
# Benchmarks print figures; they take longer than a test may.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
lock_set_up
need_chromium
need_playwright
unlock_set_up
exec python -m pytest tests/benchmarks --timeout=1200 -s "$@"
