"""Settings of all tests."""

from hypothesis import settings

# A busy machine is no fault of the code, and the same examples come every time.
settings.register_profile("everywhere", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("everywhere")
