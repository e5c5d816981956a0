# Every target does its own set-up: see .ci/lib.sh. `make demo` is where to start.
#
#   make demo                the quickstart notebook in JupyterLab, with no account and no network
#   make demo ARGS=--check   the same notebook run to its end without a person
#   make test                static checks, vitest, pytest
#   make check               static checks alone
#   make bench               the benchmarks
#   make fuzz                five minutes of what the contract's test does in seconds: requests
#                            made from the server's OpenAPI description, right ones and wrong ones
#   make fuzz ARGS="--max-time 3600 --max-examples 1000"   whatever "st run" takes
#   make upstream            the integration tests of IBM's client, run against our server
#   make clean               removes all that the others made

.PHONY: demo test check bench fuzz upstream clean

demo:
	@bash .ci/demo.sh $(ARGS)

test:
	@bash .ci/test.sh $(ARGS)

check:
	@bash .ci/check.sh

bench:
	@bash .ci/bench.sh $(ARGS)

fuzz:
	@bash .ci/fuzz.sh $(ARGS)

upstream:
	@bash .ci/upstream.sh $(ARGS)

clean:
	@bash .ci/clean.sh
