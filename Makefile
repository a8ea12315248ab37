# `make lab` opens the notebooks; `make` lists the rest. Python packages go into .venv, nowhere else.
# On Windows: run it in Git Bash.

ifeq ($(OS),Windows_NT)
  PYTHON ?= python
  PY := .venv/Scripts/python.exe
else
  PYTHON ?= python3
  PY := .venv/bin/python
endif

PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
# JupyterLab would ask the network for news and newer versions of itself.
SETTINGS := .venv/share/jupyter/lab/settings
NO_NEWS = mkdir -p $(SETTINGS) && echo '{"@jupyterlab/apputils-extension:notification": \
  {"fetchNews": "false", "checkForUpdates": false}}' > $(SETTINGS)/overrides.json
OFFLINE := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
# The page loads what shows widgets, and no other extension of JupyterLab. With ?theme=dark it is dark.
# Half an hour after a visitor has left, the kernel ends.
EXTENSIONS := @voila-dashboards/widgets-manager8 @jupyter-widgets/jupyterlab-manager
PAGE := --template=page --VoilaConfiguration.allow_theme_override=YES \
  --MappingKernelManager.cull_idle_timeout=1800 --MappingKernelManager.cull_interval=60 \
  $(addprefix --VoilaConfiguration.extension_allowlist=,$(EXTENSIONS))
# Two workers share two cores, so each computes with one thread.
check test-code test-notebooks test-course test-lowest: export OPENBLAS_NUM_THREADS := 1
LOWEST_ROOMS := backends codebook memory encoders text storage results model rereading theory \
  plots figures lab pair_lab window_lab encoder_lab cli progress doctor notebooks_home
PYTEST := $(PY) -m pytest -n 2 --dist loadfile
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=120

.PHONY: help lab app check test test-code test-notebooks test-course test-files test-gpu test-package test-lowest fuzz
.PHONY: lint format notebooks constraints clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

lab: .venv/lab-ready  ## open JupyterLab on the notebooks (options: ARGS="--no-browser --port 9999")
	$(PY) -m jupyterlab notebooks $(OFFLINE) $(ARGS)

app: .venv/app-ready  ## open MemoLab alone, as a page (options: ARGS="--no-browser --port 9999")
	JUPYTER_PATH=memo_edu/lab/app $(PY) -m voila memo_edu/lab/app/MemoLab.ipynb $(PAGE) $(ARGS)

check: lint  ## run the fast part of the tests: no notebooks, no browser, no grading
	$(PYTEST) --ignore=tests/course $(foreach file,$(wildcard tests/test_browser*) tests/test_app.py,--ignore=$(file))

test: test-code test-notebooks test-course  ## run every test

test-code: .venv/dev-ready  ## run the tests and examples of the library
	$(PYTEST) --ignore=tests/course

test-notebooks: .venv/dev-ready  ## run every notebook and compare each output
	$(PYTEST) $(NBVAL) notebooks/*.ipynb notebooks/solutions/*.ipynb

test-course: .venv/dev-ready  ## release each problem set, grade synthetic submissions (9 minutes)
	$(PYTEST) tests/course

test-files: .venv/dev-ready  ## flip every bit of a saved memory, audit 4,000 texts (2-3 minutes)
	MEMO_EDU_THOROUGH=1 $(PY) -m pytest -s tests/test_saved_files.py tests/test_audit.py -k "flipped_bit or false_alarms"

# CuPy is not among the packages in .venv: .venv/bin/python -m pip install -e ".[gpu]"
test-gpu: .venv/dev-ready  ## run the core's tests on an NVIDIA GPU, and compare with NumPy bit for bit
	MEMO_EDU_REQUIRE_GPU=1 $(PY) -m pytest tests/test_backends.py

test-package: .venv/dev-ready  ## build wheel and sdist, install and use them in a fresh environment (2 minutes)
	$(PY) -m pytest tests/installed.py

# Old packages on newer ones warn of what they no longer should do: that is not ours to mend.
LOWEST := .venv-lowest/bin/python
test-lowest: .venv/dev-ready  ## run the tests of the library and the labs with the lowest versions that are allowed
	$(PY) -m pip install --quiet uv
	$(PY) -m venv --clear .venv-lowest
	$(PY) -m uv pip compile pyproject.toml --extra dev --resolution lowest-direct \
	  --python $(LOWEST) --no-header --quiet --output-file .venv-lowest/lowest.txt >/dev/null
	$(PY) -m uv pip install --quiet --python $(LOWEST) -r .venv-lowest/lowest.txt
	$(PY) -m uv pip install --quiet --python $(LOWEST) --no-deps -e .
	$(LOWEST) -m pytest -n 2 --dist loadfile -W ignore::DeprecationWarning $(foreach room,$(LOWEST_ROOMS),tests/test_$(room).py)

fuzz: .venv/dev-ready  ## try 100,000 bad inputs of each kind (an hour; some: ARGS="loader --cases 5000")
	OPENBLAS_NUM_THREADS=1 $(PY) tests/fuzz.py $(ARGS)

lint: .venv/dev-ready  ## check style and format
	$(PY) -m ruff check
	$(PY) -m ruff format --check

format: .venv/dev-ready  ## mend what can be mended of style and format
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

notebooks: .venv/dev-ready  ## make the notebooks from notebooks/.source (some: ARGS="02 ps1")
	$(PY) notebooks/.source/build.py $(ARGS)

constraints: .venv/dev-ready  ## pin the newest versions of all dependencies in constraints.txt
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile pyproject.toml --extra dev --universal --upgrade \
	  --no-annotate --no-header --no-emit-index-url --quiet --output-file constraints.txt

clean:  ## remove .venv and everything else that was made here
	rm -rf .venv .venv-lowest build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -prune -exec rm -rf {} +

# What is installed. Each file is written only when its step went well.

.venv/lab-ready: .venv/made-in pyproject.toml constraints.txt
	@echo "Installing memo_edu and JupyterLab into .venv (about a minute the first time) ..."
	@$(PIP_INSTALL) -e .
	@$(NO_NEWS)
	@touch $@

.venv/app-ready: .venv/made-in pyproject.toml constraints.txt
	@echo "Installing memo_edu and Voilà into .venv (about a minute the first time) ..."
	@$(PIP_INSTALL) -e ".[app]"
	@touch $@

.venv/dev-ready: .venv/made-in pyproject.toml constraints.txt
	@echo "Installing memo_edu, JupyterLab and the test tools into .venv (1-2 minutes the first time) ..."
	@$(PIP_INSTALL) -e ".[dev]"
	@$(NO_NEWS)
	@touch .venv/lab-ready .venv/app-ready $@

# A .venv is made afresh if it came from another folder (it holds full paths) or if its Python is gone.
ifneq "$(shell $(PY) -c 'import pip' 2>/dev/null && cat .venv/made-in 2>/dev/null)" "$(shell pwd -P)"
.PHONY: .venv/made-in
endif

.venv/made-in:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "memo_edu needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make lab PYTHON=python3.13"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' lacks the venv module. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making .venv with $$("$(PYTHON)" --version) ..."
	@"$(PYTHON)" -m venv --clear .venv && pwd -P > $@
