"""The paper's two experiments and more, one a file: plain records, with a progress bar.

Ctrl-C ends an experiment early: it returns what was measured until then, and nothing else.
"""

from memo_edu.experiments.calibration import false_alarms
from memo_edu.experiments.damage import damaged_recall
from memo_edu.experiments.intermediate import intermediate_recall, replace_tokens
from memo_edu.experiments.layers import multilayer_recall, rows_with_decoys
from memo_edu.experiments.pairs import pair_capacity, pair_recall
from memo_edu.experiments.prose import prose_recall, reference_pages
from memo_edu.experiments.published import published_recall
from memo_edu.experiments.reading import reading_recall, reading_rules
from memo_edu.experiments.sweep import sweep

__all__ = [
    "damaged_recall",
    "false_alarms",
    "intermediate_recall",
    "multilayer_recall",
    "pair_capacity",
    "pair_recall",
    "prose_recall",
    "published_recall",
    "reading_recall",
    "reading_rules",
    "reference_pages",
    "replace_tokens",
    "rows_with_decoys",
    "sweep",
]
