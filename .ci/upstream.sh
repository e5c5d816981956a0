#!/usr/bin/env bash
# The integration tests of IBM's client, run against a server of this checkout.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exec python tests/conformance/upstream_suite.py "$@"
