#!/usr/bin/env bash
# A long run of what tests/server/test_contract.py does in a short one; see tests/server/fuzz.py.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

python tests/server/fuzz.py "$@"
