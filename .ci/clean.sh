#!/usr/bin/env bash
# Removes what the set-up and the builds made, and nothing that is in git.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
rm -rf .venv .cache js/node_modules runtime_widgets/widgets/static build dist \
  .pytest_cache .mypy_cache .ruff_cache .hypothesis
find runtime_widgets tests js -name __pycache__ -type d -prune -exec rm -rf {} +
