"""Live labs: widgets in which a memory can be watched as it remembers and forgets."""

from memo_edu.lab.encoder_lab import EncoderLab
from memo_edu.lab.memo_lab import MemoLab
from memo_edu.lab.pair_lab import PairLab
from memo_edu.lab.window_lab import WindowLab

__all__ = ["EncoderLab", "MemoLab", "PairLab", "WindowLab"]
