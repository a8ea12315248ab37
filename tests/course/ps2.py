"""Submissions of problem set 2, with the points that they should get."""

from submissions import Case

POINTS = 50  # without the written answer

MEMORIZE = "def memorize_backwards(C, text, E, W, h):\n    "
READ = "def read_backwards(C, ending, n, E, W, h):\n    "
FIND = (
    "text = list(ending)\n    for _ in range(n):\n        window = (text + [0] * h)[:h]\n"
    "        scores = keys([window], E, W)[0] @ C @ E.T\n"
    "        best = max(range(1, len(E)), key=lambda token: scores[token])\n"
    "        text = [best] + text\n    return "
)
HOLE = "def fill_hole(forward, backward, before, after, E, W, h):\n    "
TWO = "def fill_two(forward, backward, before, after, E, W, h):\n    "
FORGET = "def forget_thriftily(C, text, kept, E, W, h):\n    "
COUNT = "def letter_counts(C, letters, E, W, h):\n    "
LOUD = (
    "found = []\n    for letter in letters:\n"
    "        others = {p for other in letters if other is not letter for p in pairs(other, h)}\n"
    "        asked = [p for p in pairs(letter, h) if p not in others]\n"
    "        loud = [keys([w], E, W)[0] @ C @ E[t] for w, t in asked]\n"
)
PAPER = (
    "def as_hard_as(forward_pairs, backward_pairs, weight):\n    return {}\n\n\n"
    "def best_weight(forward_pairs, backward_pairs):\n    return {}"
)
HARD = "(forward_pairs + weight**2 * backward_pairs) / (1 + weight) ** 2"
TRUST = "forward_pairs / backward_pairs"

LATER = ("3-forget", "3-noise", "5-count", "5-case")

SUBMISSIONS = {
    # Right in another way.
    "loops": Case(
        50,
        answers={
            "1-windows": "def windows_after(text, h):\n    rows = []\n"
            "    for i in range(len(text)):\n        row = tuple(text[i + 1 : i + 1 + h])\n"
            "        rows.append(row + (0,) * (h - len(row)))\n    return rows",
            "1-memorize": MEMORIZE + "C = C.copy()\n"
            "    for window, token in zip(windows_after(text, h), text):\n"
            "        C += np.outer(keys([window], E, W)[0], E[token])\n    return C.tolist()",
            "1-read": READ + FIND + "text[:n]",
            "5-count": COUNT + LOUD + "        found.append(float(np.rint(np.median(loud))))\n"
            "    return np.array(found)",
        },
    ),
    "otherwise": Case(
        50,
        answers={
            "1-memorize": MEMORIZE + "new = table(zip(windows_after(text, h), text), E, W)\n"
            "    return np.float32(C + new)",
            "2-two": TWO + "best, found = -9.0, None\n"
            "    first = keys([before], E, W)[0] @ forward @ E.T\n"
            "    last = keys([after], E, W)[0] @ backward @ E.T\n"
            "    back = keys([[b, *after[:-1]] for b in range(len(E))], E, W) @ backward @ E.T\n"
            "    for a in range(1, len(E)):\n"
            "        ahead = keys([[*before[1:], a]], E, W)[0] @ forward @ E.T\n"
            "        score = first[a] + ahead + last + back[:, a]\n"
            "        b = 1 + int(score[1:].argmax())\n"
            "        if score[b] > best:\n            best, found = score[b], [a, b]\n"
            "    return found",
            "2-paper": PAPER.format(
                HARD,
                "min(np.geomspace(1e-3, 1e3, 4001), "
                "key=lambda w: as_hard_as(forward_pairs, backward_pairs, w))",
            ),
            "3-forget": FORGET + "seen = [p for other in kept for p in pairs(other, h)]\n"
            "    for p in pairs(text, h):\n        if p not in seen:\n"
            "            seen.append(p)\n            C = C - table([p], E, W)\n    return C",
            "4-size": "def size_of(counts, recalls, vocab_size):\n"
            "    def off(d):\n        law = [theory.recall(M, d, d, vocab_size) for M in counts]\n"
            "        return np.sum((np.array(law) - recalls) ** 2)\n"
            "    grid = np.geomspace(20, 600, 60).round().astype(int).tolist()\n"
            "    near = min(grid, key=off)\n"
            "    return min(range(int(0.94 * near), int(1.06 * near)), key=off)",
            "5-count": COUNT
            + LOUD
            + "        found.append(round(np.mean(loud)))\n    return found",
        },
    ),
    # Exercise 1: 2 + 3 + 3 + 2 points.
    "windows_before": Case(
        45,
        "windows before each token",
        {
            "1-windows": "def windows_after(text, h):\n    full = [0] * h + list(text)\n"
            "    return [full[i : i + h] for i in range(len(text))]"
        },
    ),
    "no_marks": Case(
        # Its own memory would be built on windows of unequal length.
        45,
        "shorter than h",
        {
            "1-windows": "def windows_after(text, h):\n"
            "    return [text[i + 1 : i + 1 + h] for i in range(len(text))]"
        },
    ),
    "last_tokens": Case(
        45,
        "last h tokens",
        {"1-read": READ + FIND.replace("[0] * h)[:h]", "[0] * (h - len(text)))[-h:]") + "text[:n]"},
    ),
    "ending_changed": Case(
        47,
        "changes the ending",
        {
            "1-read": READ
            + FIND.replace("list(ending)", "ending").replace(
                "text = [best] + text", "text.insert(0, best)"
            )
            + "text[:n]"
        },
    ),
    "order_of_finding": Case(48, "order of finding", {"1-read": READ + FIND + "text[:n][::-1]"}),
    "in_place": Case(
        47,
        "in place",
        {
            "1-memorize": MEMORIZE
            + "C += keys(windows_after(text, h), E, W).T @ E[text]\n    return C"
        },
    ),
    # Exercise 2: 3 + 2 + 2 + 3.
    "one_ear": Case(
        47,
        "forward memory alone",
        {"2-hole": HOLE + "return 1 + (keys([before], E, W) @ forward @ E[1:].T).argmax()"},
    ),
    "loudness_added": Case(
        46,
        "added loudnesses",
        {
            "2-paper": PAPER.format(
                "((forward_pairs**0.5 + weight * backward_pairs**0.5) / (1 + weight)) ** 2", "1"
            )
        },
    ),
    "equal_trust": Case(48, "equal trust", {"2-paper": PAPER.format(HARD, "1.0")}),
    "trust_doubled": Case(48, "another weight", {"2-paper": PAPER.format(HARD, f"2 * {TRUST}")}),
    "from_the_left": Case(
        47,
        "filling from the left",
        {
            "2-two": TWO + "a = 1 + (keys([before], E, W) @ forward @ E[1:].T).argmax()\n"
            "    return a, fill_hole(forward, backward, [*before[1:], a], after, E, W, h)"
        },
    ),
    "product": Case(
        47,
        "the product of the two scores would give",
        {
            "2-hole": HOLE
            + "scores = keys([before], E, W) @ forward @ E.T\n"
            + "    scores = scores * (keys([after], E, W) @ backward @ E.T)\n"
            + "    return 1 + scores[0, 1:].argmax()"
        },
    ),
    "on_its_side": Case(
        47,
        "the table of the backward memory on its side",
        {
            "2-two": TWO + "every = range(len(E))\n"
            "    ahead = keys([[*before[1:], a] for a in every], E, W) @ forward @ E.T\n"
            "    back = keys([[b, *after[:-1]] for b in every], E, W) @ backward @ E.T\n"
            "    a = keys([before], E, W) @ forward @ E.T\n"
            "    b = keys([after], E, W) @ backward @ E.T\n"
            "    scores = (a.T + b + ahead + back)[1:, 1:]\n"
            "    return [1 + i for i in divmod(int(scores.argmax()), len(E) - 1)]"
        },
    ),
    "behind_reversed": Case(
        47,
        "Your answers are those that",
        {
            "2-hole": HOLE + "scores = keys([before], E, W) @ forward @ E.T\n"
            "    scores = scores + keys([after[::-1]], E, W) @ backward @ E.T\n"
            "    return 1 + scores[0, 1:].argmax()"
        },
    ),
    # Exercise 3: 3 + 2 + 3 + 2.
    "plain": Case(
        47,
        "plain memory",
        {
            "3-write": "def thrifty_memory(texts, E, W, h):\n"
            "    return table([pair for text in texts for pair in pairs(text, h)], E, W)"
        },
    ),
    "blunder": Case(
        47,
        "with pairs that a kept text needs",
        {"3-forget": FORGET + "return C - table(pairs(text, h), E, W)"},
    ),
    "rebuilt": Case(
        45,
        "other things",
        {"3-forget": FORGET + "return thrifty_memory(kept, E, W, h) if kept else 0 * C"},
    ),
    "copies_added": Case(
        48,
        "as loud",
        {
            "3-noise": "def as_noisy_as(texts, h):\n"
            "    listed = [pair for text in texts for pair in pairs(text, h)]\n"
            "    return len(listed), len(set(listed))"
        },
    ),
    # Exercise 4: 2 + 2 + 2 + 2 + 2.
    "last_crossing": Case(
        48,
        "falls below more than once",
        {
            "4-capacity": "def capacity_of(counts, recalls, accuracy=0.9):\n"
            "    i = max(i for i, r in enumerate(recalls) if r >= accuracy)\n"
            "    part = (recalls[i] - accuracy) / (recalls[i] - recalls[i + 1])\n"
            "    return counts[i] + part * (counts[i + 1] - counts[i])"
        },
    ),
    "no_vocabulary": Case(
        46,
        "term with 1/V",
        {
            "4-size": "def size_of(counts, recalls, vocab_size):\n"
            "    z2 = 1e8 / theory.capacity(10**4, 10**4, vocab_size) / (1 + 1e4 / vocab_size)\n"
            "    return np.sqrt(capacity_of(counts, recalls) * z2)"
        },
    ),
    "half_the_accuracy": Case(
        # Read off at a recall of one half; the trader's capacity is right.
        46,
        "more than 5 % too",
        {
            "4-size": "def size_of(counts, recalls, vocab_size):\n"
            "    found = capacity_of(counts, recalls)\n"
            "    half = theory.capacity(1000, 1000, vocab_size, 0.5) / 1e6\n"
            "    return np.sqrt(found / half)"
        },
    ),
    "sides": Case(
        48,
        "not how long a side is",
        {
            "4-other": "def recall_of_other(counts, recalls, times, pairs):\n"
            "    return np.interp(pairs / times**0.5, counts, recalls)"
        },
    ),
    "always_size": Case(
        48,
        "both kinds",
        {"4-changed": "def what_changed(counts, first, second):\n    return 'size'"},
    ),
    "guessed": Case(
        46,
        "counts are wrong",
        {
            "4-trader": "def trader():\n    return 300, 120",
            "5-case": "def case():\n    return [1, 1, 1, 1, 1, 1]",
        },
    ),
    # Exercise 5: 3 + 3 + 2 + 2.
    "fooled_by_phrases": Case(
        43,
        "can be the other letter's",
        {
            "5-count": COUNT + "asked = [pairs(letter, h) for letter in letters]\n"
            "    return [round(np.mean([keys([w], E, W)[0] @ C @ E[t] for w, t in one]))"
            " for one in asked]"
        },
    ),
    "no_debts": Case(
        46,
        "below zero",
        {
            "5-count": COUNT
            + LOUD
            + "        found.append(max(0, round(np.mean(loud))))\n    return found"
        },
    ),
    "half": Case(
        # Exercises 1, 2 without the paper and the second hole, and 3 first part.
        16,
        "Not attempted",
        dict.fromkeys(
            (
                *LATER,
                "2-paper",
                "2-two",
                "4-capacity",
                "4-size",
                "4-other",
                "4-changed",
                "4-trader",
            ),
            ...,
        ),
    ),
    # What goes wrong inside a function costs its own points, and no others.
    "loop_inside": Case(47, "more than", {"2-hole": HOLE + "while True:\n        pass"}),
    "exit_inside": Case(48, "SystemExit", {"3-noise": "def as_noisy_as(texts, h):\n    exit(0)"}),
    "killed_inside": Case(
        48,
        "ended the Python process",
        {"3-noise": "def as_noisy_as(texts, h):\n    __import__('os')._exit(0)"},
    ),
    "exception_inside": Case(45, "IndexError", {"1-read": READ + "return [ending[h]]"}),
    "odd_kind": Case(47, "single number", {"2-hole": HOLE + "return [0, {}]"}),
    "strings": Case(47, "whole numbers", {"2-two": TWO + "return 'ab'"}),
    "hopeless": Case(
        40,
        "",
        {
            "3-write": "def thrifty_memory(texts, E, W, h):\n    return texts",
            "3-forget": FORGET + "return None",
            "3-noise": "def as_noisy_as(texts, h):\n    return 'less'",
        },
    ),
    "deleted": Case(48, "had been deleted", {"3-noise": None}),
}
