#!/usr/bin/env bash
# The demo's own set-up is smaller than the tests': no linters, and a browser only for --check.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock_set_up
need_venv
need_node 18
need_front_end
case " $* " in
  *" --check "*)
    need_package dev
    need_chromium
    need_playwright
    ;;
  *) need_package aer,lab ;;
esac
unlock_set_up
exec runtime-widgets demo "$@"
