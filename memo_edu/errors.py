"""Every failure has a class of its own, and a sentence that says what to do."""


class MemoError(Exception):
    """The parent of every error that the library raises on purpose."""


class ConfigurationError(MemoError):
    """A model, memory or codebook was asked for that cannot exist."""


class InputError(MemoError):
    """Something given to a working object does not fit it."""


class NotMemorizedError(MemoError):
    """A text was to be forgotten, or asked for, that the memory does not hold."""


class BackendError(MemoError):
    """The array library or the device that was asked for does not work here."""


class FileFormatError(MemoError):
    """A file is not a whole, unharmed memory of a known version."""


class CapacityError(MemoError):
    """The work does not fit: too little memory, or counts too large to stay exact."""
