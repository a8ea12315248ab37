"""Settings of all tests."""

import os

from hypothesis import settings

# A busy machine is no fault of the code, and the same examples come every time.
settings.register_profile("everywhere", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("everywhere")

# On one core a time is a time; on a busy machine several wait for each other. Before NumPy opens.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
