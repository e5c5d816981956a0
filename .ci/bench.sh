#!/usr/bin/env bash
# Benchmarks print figures; they take longer than a test may.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
lock_set_up
need_chromium
need_playwright
# What they are measured beside, which no other target needs.
python -c 'import sys
from importlib.util import find_spec
sys.exit(not all(map(find_spec, ["ipydatagrid", "itables"])))' ||
  python -m pip install --quiet --editable '.[bench]' ||
  die "pip could not install what the benchmarks measure beside this project (the extra \"bench\")."
unlock_set_up
exec python -m pytest tests/benchmarks --timeout=1200 -s "$@"
