"""Submissions of problem set 3, with the points that they should get."""

from submissions import Case

POINTS = 50  # without the written answer

SLOW_NEEDS = """def needs(tokens):
    def last(i, n):
        return tokens[max(0, i - n):i]
    found = []
    for i, token in enumerate(tokens):
        n = 0
        while any(last(j, n) == last(i, n) and tokens[j] != token for j in range(len(tokens))):
            n += 1
        found.append(n)
    return found"""
OPEN = """def left_open(tokens, h, layers):
    found = set()
    for i, need in enumerate(needs(tokens)):
        if not any(RULE for size in [h**k for k in range(1, layers + 1)]):
            found.add(i)
    return sorted(found, reverse=True)"""
WAYS = """def ways(h, strides):
    seen = {0: 1}
    for stride in strides:
        new = Counter()
        for back, count in seen.items():
            for j in range(h):
                new[back + j * stride] += count
        seen = new
    return np.array([float(seen.get(b, 0)) for b in range(max(seen) + 1)])"""
LOOPED_RECALL = """def stride_recall(ids, E, W, step):
    h, found, C = len(E[0]) // len(W[0]), 0, 0
    pairs = []
    for last in range((h - 1) * step, len(ids) - 1):
        blocks = [E[ids[last - j * step]] @ W for j in range(h)]
        pairs.append((np.concatenate(blocks), ids[last + 1]))
    for key, token in pairs:
        C = C + np.outer(key, E[token])
    return sum(int(np.argmax(E @ (key @ C))) == token for key, token in pairs) / len(pairs)"""
HALVES = """def trap(words, h, layers):
    near, rest = words[:h**layers], words[500:]
    far, tokens = words[100:100 + h ** (layers + 1) - h**layers], []
    for _ in range(TIMES):
        tokens += far + rest[:h**layers] + [words[99]]
        rest = rest[h**layers:]
    tokens += far + near + [words[99]]
    place = len(tokens) - 1
    for _ in range(2):
        tokens += rest[:len(far)] + near + [words[98]]
        rest = rest[len(far):]
    return TEXT, place"""
NARROW = """def trap(words, h, layers):
    tokens = []
    for i, after in enumerate([words[0], words[0], words[1]]):
        tokens += words[100 + 60 * i:160 + 60 * i] + [words[10 + i], *words[2:5], after]
    return tokens, len(tokens) - 1"""
SHARE = """def expected_share(followers, m, h, layers):
    total = 0
    for own in followers:
        votes = {}
        for i, word in enumerate(followers):
            for k in range(1, layers + 1):
                votes[word] = votes.get(word, 0) + min(1, m / h**k)
        votes[own] += sum(1 - min(1, m / h**k) for k in range(1, layers + 1))
        best = [w for w in votes if abs(votes[w] - max(votes.values())) < 1e-9]
        total += TIE
    return total / len(followers)"""
WITH_IDS = """def share_after(tokens, phrase, h, layers, seed=0):
    names = sorted(set(tokens))
    ids = np.array([[names.index(t) + 1 for t in tokens]])
    model = me.MeMo(512, h, layers, vocab_size=len(names) + 1, seed=seed, backend="numpy")
    model.memorize_ids(ids)
    places = [i + len(phrase) for i in range(len(tokens) - len(phrase))
              if tokens[i:i + len(phrase)] == phrase]
    return model.recall_ids(ids, places).accuracy"""
BRUTE = """def read_votes(votes, h):
    best = None
    for k in range(1, 15):
        for m in range(h, h ** len(votes) + 1):
            off = sum((v - k * min(1, m / h**i)) ** 2 for i, v in enumerate(votes, 1))
            if best is None or off < best[0]:
                best = off, [k, m]
    return best[1]"""
WITHOUT = """def without(votes, right):
    found = []
    for i in range(votes.shape[1]):
        best = np.delete(votes, i, axis=1).sum(axis=1).argmax(axis=1)
        found.append(float(np.mean(best == right)))
    return found"""
ONE_END = "def good_weights(votes, right, layer):\n    " + "\n    ".join(
    [
        "own, rest = votes[layer - 1], votes.sum(axis=0) - votes[layer - 1]",
        "ends = [(rest[j] - rest[right]) / (own[right] - own[j])",
        "        for j in range(len(own)) if own[right] > own[j]]",
        "return max(0.0, *ends, 0.0), float('inf')",
    ]
)
NOT_TRIED = ("2-alike", "2-recall", "3-trap", "4-paper", "4-measured", "5-weights", "5-case")

SUBMISSIONS = {
    # Right in another way.
    "loops": Case(
        50,
        answers={
            "1-needs": SLOW_NEEDS,
            "1-open": OPEN.replace("RULE", "need <= size <= h + i"),
            "2-ways": WAYS,
            "2-recall": LOOPED_RECALL,
            "5-read": BRUTE,
        },
    ),
    "another_trap": Case(
        50, answers={"3-trap": HALVES.replace("TIMES", "4 * layers").replace("TEXT", "tokens")}
    ),
    "other_vectors": Case(
        50,
        answers={
            "4-paper": SHARE.replace("TIE", "(own in best) / len(best)"),
            "4-measured": WITH_IDS,
            "5-without": WITHOUT,
        },
    ),
    # Exercise 1: 3 + 2 + 3 + 2 points.
    "unique_windows": Case(
        # What is built on the needs goes with them.
        40,
        "only once",
        {"1-needs": SLOW_NEEDS.replace("and tokens[j] != token for", "and j != i for")},
    ),
    "at_least_one": Case(48, "can be 0", {"1-needs": SLOW_NEEDS.replace("n = 0", "n = 1")}),
    "does_not_fit": Case(48, "reach too far", {"1-open": OPEN.replace("RULE", "need <= size")}),
    "no_marks": Case(48, "begin marks", {"1-open": OPEN.replace("RULE", "need <= size <= i")}),
    # Exercise 2: 3 + 3 + 2 + 2.
    "whether_seen": Case(
        44,
        "In how many ways",
        {"2-ways": WAYS.replace("float(seen.get(b, 0))", "int(b in seen)")},
    ),
    "step_one": Case(
        48,
        "whatever the step",
        {"2-recall": LOOPED_RECALL.replace("    pairs = []", "    step, pairs = 1, []")},
    ),
    # Exercise 3: 4 + 3 + 3.
    "narrow_trap": Case(40, "not by 1", {"3-trap": NARROW}),
    "small_trap": Case(
        47, "leads by 0.00", {"3-trap": HALVES.replace("TIMES", "4").replace("TEXT", "tokens")}
    ),
    "own_words": Case(
        40,
        "not in the list",
        {"3-trap": HALVES.replace("TIMES", "6").replace("TEXT", "[w + 'x' for w in tokens]")},
    ),
    # Exercise 4: 3 + 3 + 2 + 2.
    "ties_lost": Case(44, "if a tie is lost", {"4-paper": SHARE.replace("TIE", "best == [own]")}),
    "no_longer_than_h": Case(
        47,
        "a phrase of h tokens would give",
        {
            "4-paper": SHARE.replace("TIE", "(own in best) / len(best)").replace(
                "min(1, m", "min(1, min(m, h)"
            )
        },
    ),
    "own_copy_as_others": Case(
        44,
        "its own copy wholly",
        {
            "4-paper": SHARE.replace("TIE", "(own in best) / len(best)").replace(
                "votes[own] += sum(1 - min", "votes[own] += 0 * sum(1 - min"
            )
        },
    ),
    "one_layer": Case(
        46, "whatever the number", {"4-measured": WITH_IDS.replace("512, h, layers", "512, h, 1")}
    ),
    "binding": Case(
        46,
        "binding encoder",
        {
            "4-measured": WITH_IDS.replace(
                "512, h, layers, vocab", "512, h, layers, 'binding', vocab"
            )
        },
    ),
    "always_the_same": Case(
        48, "whatever the seed", {"4-measured": WITH_IDS.replace("seed=seed", "seed=0")}
    ),
    # Exercise 5: 2 + 2 + 2 + 2 + 2.
    "one_end": Case(46, "upper end", {"5-weights": ONE_END}),
    "guessed": Case(
        48, "six pairs are wrong", {"5-case": "def solved():\n    return [(3, 5)] * 6"}
    ),
    "nearly": Case(
        48,
        "1 of the six pairs is wrong.",
        {
            "5-case": "def solved():\n    found = [read_votes(votes, case['heads']) for votes in "
            "case['votes'].values()]\n    return [*found[:5], (1, 1)]"
        },
    ),
    "half": Case(17, "Not attempted", dict.fromkeys(NOT_TRIED, ...)),
    # What goes wrong inside a function costs its own points, and no others.
    "loop_inside": Case(
        40, "more than", {"3-trap": "def trap(words, h, layers):\n    while True:\n        pass"}
    ),
    "exit_inside": Case(
        48,
        "SystemExit",
        {"5-without": "def without(votes, right):\n    import sys\n    sys.exit(0)"},
    ),
    "killed_inside": Case(
        46,
        "ended the Python process",
        {"5-weights": "def good_weights(votes, right, layer):\n    __import__('os')._exit(0)"},
    ),
    "greedy_inside": Case(
        48,
        "MemoryError",
        {"5-without": "def without(votes, right):\n    return np.ones(10 * 2**27).sum()"},
    ),
    "exception_inside": Case(
        44,
        "ZeroDivisionError",
        {"4-paper": "def expected_share(followers, m, h, layers):\n    return m / 0"},
    ),
    "returns_a_set": Case(
        45,
        "a list of places",
        {
            "1-open": OPEN.replace("RULE", "need <= size <= h + i").replace(
                "sorted(found, reverse=True)", "found"
            )
        },
    ),
    "deleted": Case(48, "had been deleted", {"5-without": None}),
    "steals": Case(
        48,
        "There is no",
        {"5-without": "from memo_edu.course.hidden.ps3 import tests\n\ndef without(v, r): ..."},
    ),
}
