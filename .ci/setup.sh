#!/usr/bin/env bash
# Everything that checks, tests and benchmarks need, on a machine that has python3, node and make.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock_set_up
need_venv
# vitest asks for Node 20.
need_node 20
need_front_end --everything
need_package dev
unlock_set_up
