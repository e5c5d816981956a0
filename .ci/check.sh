#!/usr/bin/env bash
# All static checks. Each one runs, whichever fails before it, so that one run shows everything.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

failed=()
step() {
  local name=$1
  shift
  say "$name"
  "$@" || failed+=("$name")
}

sources=(runtime_widgets tests js/*.py)
step "ruff check" ruff check --quiet "${sources[@]}"
step "ruff format" ruff format --quiet --check "${sources[@]}"
step "mypy" mypy --no-error-summary
step "biome and tsc" npm --prefix js run --silent check
step "wire.gen.ts is fresh" python js/gen_wire.py --check

if [ ${#failed[@]} -gt 0 ]; then
  printf 'static checks failed: %s\n' "$(IFS=,; echo "${failed[*]}" | sed 's/,/, /g')" >&2
  exit 1
fi
say "static checks passed"
