"""Live labs: widgets in which a memory can be watched as it remembers and forgets."""

from memo_edu.lab.memo_lab import MemoLab

__all__ = ["MemoLab"]
