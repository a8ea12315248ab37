"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

# A busy machine is no fault of the code, and the same examples come every time.
settings.register_profile("everywhere", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("everywhere")

# On one core a time is a time; on a busy machine several wait for each other. Before NumPy opens.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_sessionstart():
    """Refuse to run the tests of a GPU where none works: all would be skipped, and look well."""
    from memo_edu import BackendError, get_backend

    if os.environ.get("MEMO_EDU_REQUIRE_GPU"):
        try:
            get_backend("cupy")
        except BackendError as error:
            pytest.exit(f"These tests need a GPU. {error}", returncode=1)
