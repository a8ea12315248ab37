"""Submissions of problem set 4, with the points that they should get."""

from submissions import Case

POINTS = 50  # without the written answer

NEXT = "def next_word(C, K, A, E):\n    "
WHO = "def who_said(C, K, Y, A):\n    "
JURY = "def verdict(C, K, A, E):\n    "
MOST = "def most_authors(w, key_dim, value_dim, vocab_size, accuracy):\n    "
MEASURED = "def measured_recall(K, A, right, E, place):\n    "
SLIDE = "def slide(v, oldest, newest, h):\n    "
BLIND = "def same_key(first, second, rolls, d):\n    "
RESTORE = "def restore(parts, S, T):\n    "
DAMAGED = "def damaged(parts, S, T):\n    "
COPIES = "def exact_copies(D, digits):\n    "
READ = "def read_letter(C, a, words, E, begin):\n    "
CASE = "def forgotten():\n    "


def on_paper(value, key):
    """Both functions of exercise 2's first part."""
    return (
        f"def noise_on_value(w, n, key_dim, value_dim, vocab_size):\n    return {value}\n\n\n"
        f"def noise_on_key(w, n, key_dim, value_dim, vocab_size):\n    return {key}"
    )


SAME = "(1 / value_dim + 1 / vocab_size) / key_dim"
ON_VALUE = f"(n / value_dim + (n * w - n - w + 1) / key_dim / value_dim + (w - 1) * {SAME}) ** 0.5"
ON_KEY = f"(1 / value_dim + (n * w - 1) * {SAME}) ** 0.5"
# With real vectors: whoever has not seen the rule may try it out.
TRY = (
    BLIND
    + """import random
    tokens = {t: np.array(random.choices([-1, 1], k=d)) for t in [*first, *second]}
    def key(window):
        X = [tokens[t] for t in window]
        for offsets in rolls:
            h = len(offsets)
            blocks = [X[i : i + h] for i in range(0, len(X), h)]
            X = [np.prod([np.roll(x, o) for x, o in zip(b, offsets)], axis=0) for b in blocks]
        return X[0]
    return all(key(first) == key(second))"""
)
# Multiply and look, with whole numbers in text.
COUNT = (
    COPIES
    + """n = 0
    while True:
        for x in {abs(int(x)) for x in np.ravel(D)} - {0}:
            if len(bin((n + 1) * x)[2:].rstrip("0")) > digits:
                return n
        n += 1"""
)
EQUATIONS = (
    RESTORE
    + """n = len(parts)
    lost = [j for j in range(n) if parts[j] is None]
    there = [j for j in range(n) if parts[j] is not None]
    u = S - sum([parts[j] for j in there])
    t = T - sum([(j + 1) * parts[j] for j in there])
    parts = list(parts)
    if len(lost) == 2:
        M = np.linalg.inv([[1, 1], [lost[0] + 1, lost[1] + 1]])
        for row, j in zip(M, lost):
            parts[j] = np.rint(row[0] * u + row[1] * t).tolist()
    elif lost:
        parts[lost[0]] = (t / (lost[0] + 1)).tolist()
    return tuple(parts)"""
)
# The case, by reading every part as every author.
SOLVED = (
    CASE
    + """gone = sum(parts) - now
    E, begin = book.vectors(words), book.vectors([BEGIN])[0]
    for name, a in zip(authors, badges):
        letter = read_letter(gone, a, words, E, begin)
        matrix = letter_matrix(letter, a, book.vectors)
        if np.array_equal(matrix, gone):
            fits = [np.sum((part - matrix) ** 2) - np.sum(part**2) for part in parts]
            return name, int(np.argmin(fits)) + 1, letter"""
)

SUBMISSIONS = {
    # Right in another way.
    "loops": Case(
        50,
        answers={
            "1-next": NEXT + "return [int(np.argmax(E @ (k @ C / a))) for k, a in zip(K, A)]",
            "1-who": WHO
            + "return [[bool(round(float(k @ C @ (y * a)) / C.size) > 0) for a in A]"
            + " for k, y in zip(K, Y)]",
            "1-jury": JURY
            + "said = [[int(np.argmax(E @ (k @ C * a))) for a in A] for k in K]\n"
            + "    return [max(row, key=row.count) for row in said]",
            "3-slide": SLIDE + "return np.roll(v, 1) * np.roll(oldest, h) * newest",
            "3-blind": TRY,
            "4-restore": EQUATIONS,
            "5-copies": COUNT,
            "5-case": SOLVED,
        },
    ),
    "other_types": Case(
        50,
        answers={
            "1-who": WHO + "return np.rint((K @ C * Y) @ A.T / C.size).clip(0, 1).astype(int)",
            "2-paper": on_paper(ON_VALUE, ON_KEY),
            "2-most": MOST
            + "rest = key_dim, value_dim, vocab_size\n    "
            + "good = [n for n in range(1, 99) if recall_of(1, noise_on_value(w, n, *rest), "
            + "vocab_size) >= accuracy]\n    return float(max(good, default=0))",
            "3-slide": SLIDE
            + "return (np.float32(1) * np.roll(v / np.roll(oldest, h - 1), 1) / newest).tolist()",
            "4-damaged": DAMAGED
            + "u = np.abs(sum(parts) - S).sum()\n"
            + "    t = np.abs(sum((j + 1) * p for j, p in enumerate(parts)) - T).sum()\n"
            + "    if u == 0: return 'T' if t else 0\n    return t / u if t else 'S'",
        },
    ),
    # Exercise 1: 3 + 2 + 2 + 3 points.
    "no_badge": Case(
        47, "without a badge", {"1-next": NEXT + "return (K @ C @ E.T).argmax(axis=1)"}
    ),
    "one_suspect": Case(
        48,
        "several, or nobody",
        {
            "1-who": WHO + "best = ((K @ C * Y) @ A.T).argmax(axis=1)\n"
            "    return np.arange(len(A)) == best[:, None]"
        },
    ),
    "only_once": Case(
        48, "twice has said it", {"1-who": WHO + "return np.rint((K @ C * Y) @ A.T / C.size) == 1"}
    ),
    "product_of_badges": Case(
        47, "no author's badge", {"1-jury": JURY + "return (K @ C * A.prod(0) @ E.T).argmax(1)"}
    ),
    # Exercise 2: 2 + 2 + 3 + 3.
    "no_crowd": Case(
        # What is built on the noise goes with it.
        45,
        "the very key that you ask with",
        {"2-paper": on_paper(ON_KEY, ON_KEY)},
    ),
    "too_many": Case(
        # One author too many, and the measurement asks each author's own matrix.
        44,
        "Everything is found",
        {
            "2-most": MOST
            + "n = 1\n    while recall_of(1, noise_on_value(w, n, key_dim, value_dim, vocab_size), "
            + "vocab_size) >= accuracy:\n        n += 1\n    return n if n > 1 else 0",
            "2-measured": MEASURED
            + "return np.mean([(K @ (K.T @ (E[r] * a)) * a @ E.T).argmax(1) == r "
            + "for a, r in zip(A, right)])",
        },
    ),
    "too_few": Case(
        47,
        "One author more would still be recalled well enough, or your noise_on_value is wrong.",
        {
            "2-most": MOST
            + "n = 0\n    while recall_of(1, noise_on_value(w, n + 1, key_dim, value_dim, "
            + "vocab_size), vocab_size) >= accuracy:\n        n += 1\n    return max(n - 1, 0)"
        },
    ),
    # Exercise 3: 2 + 2 + 2 + 2 + 2.
    "only_two": Case(
        48,
        "by h - 1 places",
        {"3-slide": SLIDE + "return np.roll(v * np.roll(oldest, 1), 1) * newest"},
    ),
    "never_blind": Case(46, "rolled alike", {"3-blind": BLIND + "return first == second"}),
    "one_layer": Case(
        48,
        "in all layers together",
        {
            "3-blind": BLIND
            + "n = len(rolls[0])\n"
            + "    odd = lambda w: {p for p, c in Counter((t, rolls[0][i % n] % d, i // n) "
            + "for i, t in enumerate(w)).items() if c % 2}\n    return odd(first) == odd(second)"
        },
    ),
    # Exercise 4: 2 + 3 + 3 + 2.
    "one_mule": Case(
        47,
        "still missing",
        {
            "4-restore": RESTORE
            + "lost = [j for j, p in enumerate(parts) if p is None]\n"
            + "    if len(lost) == 1:\n        parts = list(parts)\n"
            + "        parts[lost[0]] = S - sum(p for p in parts if p is not None)\n"
            + "    return parts"
        },
    ),
    "from_zero": Case(
        47,
        "numbered from 1",
        {
            "4-damaged": DAMAGED
            + "u = sum(parts) - S\n"
            + "    t = sum((j + 1) * p for j, p in enumerate(parts)) - T\n"
            + "    if not u.any(): return 'T' if t.any() else 0\n"
            + "    return int((t[u != 0] // u[u != 0])[0]) - 1 if t.any() else 'S'"
        },
    ),
    "ratio_of_sums": Case(
        # A damage whose changes cancel is none for it.
        45,
        "and you say",
        {
            "4-damaged": DAMAGED
            + "u = (sum(parts) - S).sum()\n"
            + "    t = (sum((j + 1) * p for j, p in enumerate(parts)) - T).sum()\n"
            + "    if u == 0: return 'T' if t else 0\n    return int(t // u) if t else 'S'"
        },
    ),
    "never_a_sum": Case(
        48,
        "was damaged, and you say",
        {
            "4-damaged": DAMAGED
            + "u = sum(parts) - S\n"
            + "    t = sum((j + 1) * p for j, p in enumerate(parts)) - T\n"
            + "    return int((t[u != 0] // u[u != 0])[0]) if u.any() else 0"
        },
    ),
    # Exercise 5: 2 + 2 + 3 + 1 + 2.
    "safe_side": Case(
        46, "some more are exact", {"5-copies": COPIES + "return 2**digits // int(abs(D).max())"}
    ),
    "largest_first": Case(
        48,
        "not the first that is rounded",
        {
            "5-copies": COPIES
            + "n, x = 0, int(abs(D).max())\n"
            + "    while len(bin((n + 1) * x)[2:].rstrip('0')) <= digits:\n        n += 1\n"
            + "    return n"
        },
    ),
    "no_full_stop": Case(
        # The case reads its letter with the same function.
        45,
        "full stop belongs",
        {
            "5-read": READ + "letter, X = [], [begin, begin]\n    while True:\n"
            "        i = (E @ (np.roll(X[-2], 1) * X[-1] @ C * a)).argmax()\n"
            "        if words[i] == '.': return letter\n"
            "        letter, X = letter + [words[i]], X + [E[i]]"
        },
    ),
    "guessed": Case(
        47,
        "not by this author",
        {"5-case": CASE + "return 'Nobody', 2, words[:10] + ['.']"},
    ),
    "other_part": Case(49, "in another part", {"5-case": SOLVED.replace("np.argmin", "np.argmax")}),
    "misread": Case(
        48,
        "1 of 11 tokens",
        {"5-case": SOLVED.replace(", letter", ", ['Dear', *letter[1:]]")},
    ),
    "half": Case(
        25,
        "Not attempted",
        {
            name: ...
            for name in (
                "2-paper",
                "2-most",
                "2-measured",
                "4-damaged",
                "5-copies",
                "5-read",
                "5-case",
            )
        },
    ),
    # What goes wrong inside a function costs its own points, and no others.
    "loop_inside": Case(47, "more than", {"1-next": NEXT + "while True:\n        pass"}),
    "exit_inside": Case(46, "SystemExit", {"5-copies": COPIES + "import sys\n    sys.exit(0)"}),
    "killed_inside": Case(
        45, "ended the Python process", {"4-restore": RESTORE + "__import__('os')._exit(0)"}
    ),
    "greedy_inside": Case(47, "MemoryError", {"1-jury": JURY + "return np.ones(10 * 2**27).sum()"}),
    "recursive": Case(44, "RecursionError", {"3-blind": BLIND + "return same_key(*[first] * 4)"}),
    "in_place": Case(46, "in place", {"3-slide": SLIDE + "v *= newest\n    return v"}),
    "hard_coded": Case(46, "shape", {"3-slide": SLIDE + "return np.array([-1, 1, 1, -1])"}),
    "deleted": Case(47, "had been deleted", {"1-jury": None}),
    "not_even_python": Case(43, "no `noise_on_value`", {"2-paper": "def noise_on_value(w:\n  1"}),
    "steals": Case(
        46,
        "There is no",
        {"5-copies": "from memo_edu.course.hidden._ps4_answers import right_copies"},
    ),
    "odd_kind": Case(46, "a single whole number", {"5-copies": COPIES + "return [D]"}),
}
