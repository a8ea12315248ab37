"""Live labs: widgets in which a memory can be watched as it remembers and forgets."""

from memo_edu.lab.memo_lab import MemoLab
from memo_edu.lab.pair_lab import PairLab

__all__ = ["MemoLab", "PairLab"]
