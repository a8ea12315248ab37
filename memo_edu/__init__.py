"""memo_edu: associative memory from scratch, up to a language model that memorizes."""

import importlib

from memo_edu.audit import Audit, audit
from memo_edu.backend import Backend, get_backend
from memo_edu.codebook import Codebook
from memo_edu.encoders import BindingEncoder, ProjectionEncoder
from memo_edu.errors import (
    BackendError,
    CapacityError,
    ConfigurationError,
    FileFormatError,
    InputError,
    MemoError,
    NotMemorizedError,
)
from memo_edu.memory import CorrelationMatrixMemory
from memo_edu.model import MeMo
from memo_edu.rereading import reread
from memo_edu.results import Explanation, Prediction, Recall
from memo_edu.text import Tokenizer, detokenize, sample_texts, tokenize

__version__ = "0.1.0"

__all__ = [
    "Audit",
    "Backend",
    "BackendError",
    "BindingEncoder",
    "CapacityError",
    "Codebook",
    "ConfigurationError",
    "CorrelationMatrixMemory",
    "Explanation",
    "FileFormatError",
    "InputError",
    "MeMo",
    "MemoError",
    "NotMemorizedError",
    "Prediction",
    "ProjectionEncoder",
    "Recall",
    "Tokenizer",
    "audit",
    "detokenize",
    "get_backend",
    "reread",
    "sample_texts",
    "tokenize",
]

# Rooms that need matplotlib or widgets are opened at the first use, so that importing stays fast.
_ROOMS = ("checks", "cost", "experiments", "lab", "plots", "scale", "theory")


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"memo_edu.{name}")
    raise AttributeError(f"module 'memo_edu' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_ROOMS])
