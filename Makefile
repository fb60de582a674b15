# make run    builds in release and opens assets/demo.h5 (make run FILE=path for another)
# make test   formatting, lints, documentation, all tests
# make bench  the figures of the README's performance part (BENCH=--quick: smaller files)
#
# Needs Rust, a C compiler and Python 3.11. What else is needed (a new enough CMake for HDF5, the
# Python packages that the tests compare with) is installed into .tools/ by the first rule.

FILE   ?= assets/demo.h5
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.PHONY: build run test bench clean

build: .tools/.done
	cargo build --release --locked

run: build
	target/release/ch5tui '$(FILE)'

test: .tools/.done
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --lib --locked
	cargo test --locked

bench: build .tools-bench/.done
	cargo build --release --locked --example read_speed
	.tools/bin/python benches/terminal.py target/release/ch5tui
	.tools/bin/python benches/changes.py target/release/ch5tui
	.tools-bench/bin/python benches/arrays target/release/ch5tui $(BENCH)

# ch5mpy, whose files are exchanged, runs with an older NumPy: it has a folder of its own
.tools/.done: tests/requirements.txt tests/requirements-ch5mpy.txt
	'$(PYTHON)' -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	'$(PYTHON)' -m venv .tools/ch5mpy
	.tools/ch5mpy/bin/python -m pip install --quiet --disable-pip-version-check \
		-r tests/requirements-ch5mpy.txt
	touch $@

# the peers that the program is measured beside
.tools-bench/.done: benches/requirements.txt
	'$(PYTHON)' -m venv .tools-bench
	.tools-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt
	touch $@

clean:
	cargo clean
	rm -rf .tools .tools-bench
