#!/usr/bin/env bash
# Static checks, vitest, and pytest last, so that the output ends with pytest's closing line.
# All three run; the exit code is non-zero if any of them failed.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
lock_set_up
need_chromium
need_playwright
unlock_set_up

failed=()
.ci/check.sh || failed+=("make check")
say "vitest"
npm --prefix js test --silent || failed+=(vitest)
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed before pytest: %s\n' "${failed[*]}" >&2
fi
# Not through exec: a failure above must decide the exit code even when pytest passes.
code=0
python -m pytest "$@" || code=$?
[ ${#failed[@]} -eq 0 ] || { [ "$code" -ne 0 ] || code=1; }
exit "$code"
