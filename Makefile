# Two commands for everybody: `make demo` and `make test`. The others are for people who change harden.
# Needs make, sh and Python 3.11 or newer; another interpreter: make PYTHON=python3.12 demo
.POSIX:

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
# Further arguments for pytest: make test ARGS="-k parse"
ARGS =
# A process of tests for each processor; what one of them does not get to, another one takes. ARGS="-n 0": none but pytest.
SHARED = -n auto --maxprocesses 8 --dist worksteal

help:
	@echo 'make demo          install harden into $(VENV) and show what it would change in examples/'
	@echo 'make test          run the tests'
	@echo 'make lint          ruff and mypy'
	@echo 'make docs          write the generated parts of the documentation anew'
	@echo 'make site          build the documentation as a site, into build/site'
	@echo 'make test-runs     start real servers under what harden makes (needs Linux, root and apt)'
	@echo 'make test-api-server  ask a real API server about custom resources before and after (needs Go; builds it once)'
	@echo 'make test-package  build the distributions, install the wheel, run it elsewhere'
	@echo 'make test-lowest   run the tests with the lowest versions of what harden depends on'
	@echo 'make test-pythons  run tests under newer Pythons (needs Linux, root and debootstrap)'
	@echo 'make test-image    build the image of Containerfile and run harden in it (needs root, buildah, test-pythons)'
	@echo 'make fuzz          mutated files, the source layer under atheris, 200 kills, 100,000 random pods (needs Go)'
	@echo 'make mutants       make bugs in a copy of the tree and show which tests catch each'
	@echo 'make bench         measure the speed, into benchmarks/RESULTS.md'
	@echo 'make clean         remove $(VENV) and everything else that make and the tools made'

# Exit code 1 says that there is something to do, which is what a demo is for.
demo: $(VENV)/.installed
	@echo 'harden check examples/' >&2
	@$(BIN)/harden check examples/ || test $$? -eq 1
	@echo 'harden diff examples/' >&2
	@$(BIN)/harden diff examples/ || test $$? -eq 1

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(SHARED) $(ARGS)

# Fetched are about 100 MB of Debian packages, once; they are unpacked into .pytest_cache/runs, never installed.
test-runs: $(VENV)/.installed-test
	$(BIN)/python tests/runs/server_root.py
	$(BIN)/python -m pytest -v tests/runs $(ARGS)

# Builds etcd and kube-apiserver from their Go modules, once: some ten minutes of a processor. CRDS are files of CRDs.
CRDS =
test-api-server: $(VENV)/.installed-test
	$(BIN)/python tests/api_server/run.py $(CRDS) $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin

docs: $(VENV)/.installed
	$(BIN)/python -m harden.docs
	$(BIN)/python scripts/draw_structure.py
	$(BIN)/python scripts/render_picture.py

test-package: $(VENV)/.installed-dev
	sh scripts/test_package $(BIN)/python

LOWEST = .pytest_cache/lowest
test-lowest: $(VENV)/.installed-dev
	@sh scripts/create_venv '$(PYTHON)' $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[test]'
	$(LOWEST)/bin/python -m pytest -p no:cacheprovider $(ARGS)

test-pythons:
	sh scripts/test_python trixie $(ARGS)
	sh scripts/test_python sid $(ARGS)

test-image:
	sh scripts/test_image

# mkdocs-material tells of its successor at every run.
site: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# Mutated files and atheris: so many seconds each. What breaks harden is kept in fuzz-found/.
FUZZ_SECONDS = 600
fuzz: $(VENV)/.installed-test
	$(PIP) install --editable '.[fuzz]'
	$(BIN)/python tests/mutated_files.py $(FUZZ_SECONDS)
	$(BIN)/python tests/fuzz_source.py $(FUZZ_SECONDS)
	HARDEN_KILLS=200 $(BIN)/python -m pytest tests/test_faults.py $(ARGS)
	HARDEN_FUZZ_PODS=100000 $(BIN)/python -m pytest tests/test_pss_random.py $(ARGS)

mutants: $(VENV)/.installed-test
	$(BIN)/python scripts/mutants.py $(ARGS)

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist fuzz-found .mypy_cache .pytest_cache .ruff_cache ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The files .installed* say what is installed: nothing is installed twice, and a change of pyproject.toml installs again.
NEEDS = pyproject.toml scripts/create_venv
CREATE = @sh scripts/create_venv '$(PYTHON)' $(VENV)
# pip compiles only what it copies, and not every environment lets Python write what it compiles itself.
COMPILE = @$(BIN)/python -m compileall -q harden

$(VENV)/.installed: $(NEEDS)
	$(CREATE)
	@echo 'Installing harden into $(VENV), once; its Kubernetes schemas alone are 108 MB' >&2
	@$(PIP) install --editable .
	$(COMPILE)
	@touch $@

$(VENV)/.installed-test: $(NEEDS)
	$(CREATE)
	@echo 'Installing harden and what its tests need into $(VENV)' >&2
	@$(PIP) install --editable '.[test]'
	$(COMPILE)
	@touch $(VENV)/.installed $@

$(VENV)/.installed-dev: $(NEEDS)
	$(CREATE)
	@echo 'Installing harden, ruff, mypy and what the tests need into $(VENV)' >&2
	@$(PIP) install --editable '.[dev]'
	$(COMPILE)
	@touch $(VENV)/.installed $(VENV)/.installed-test $@

.PHONY: help demo test test-runs test-api-server lint docs site test-package test-lowest test-pythons test-image fuzz mutants bench clean
