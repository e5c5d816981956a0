# Every target does its own set-up: see .ci/lib.sh. `make demo` is where to start.
#
#   make demo                the quickstart notebook in JupyterLab, with no account and no network
#   make demo ARGS=--check   the same notebook run to its end without a person
#   make test                static checks, vitest, pytest
#   make check               static checks alone
#   make bench               the benchmarks
#   make clean               removes all that the others made

.PHONY: demo test check bench clean

demo:
	@bash .ci/demo.sh $(ARGS)

test:
	@bash .ci/test.sh $(ARGS)

check:
	@bash .ci/check.sh

bench:
	@bash .ci/bench.sh $(ARGS)

clean:
	@bash .ci/clean.sh
