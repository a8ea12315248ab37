"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

from memo_edu import BackendError, get_backend

# A busy machine is no fault of the code, and the same examples come every time.
settings.register_profile("everywhere", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("everywhere")


def pytest_sessionstart():
    """Refuse to run the tests of a GPU where none works: all would be skipped, and look well."""
    if os.environ.get("MEMO_EDU_REQUIRE_GPU"):
        try:
            get_backend("cupy")
        except BackendError as error:
            pytest.exit(f"These tests need a GPU. {error}", returncode=1)
