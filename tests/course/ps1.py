"""Submissions of problem set 1, with the points that they should get."""

from submissions import Case

POINTS = 50  # without the written answer

FADE = "def fade_in(C, K, Y, gamma):\n    "
LOOP = FADE + "for k, y in zip(K, Y):\n        C = gamma * C + np.outer(k, y)\n    return C"
ONLY_TWO = {"2-repair", "3-paper", "3-measured", "4-noise", "4-lifetime", "4-best"}

SUBMISSIONS = {
    # Right in another way.
    "loops": Case(50, answers={"1": LOOP}),
    "lists": Case(
        50,
        answers={
            "1": LOOP.replace("return C", "return C.tolist()"),
            "2-keys": "def keys_of(C, Y, E):\n    return list((E @ C @ Y.T).argmax(axis=0))",
            "5-count": "def count_pairs(C):\n    return int(round((C * C).sum() / C.size))",
        },
    ),
    # Exercise 1: 2 + 3 + 3 + 2 points.
    "fades_after": Case(
        40,
        "newest pair has faded too",
        {"1": LOOP.replace("gamma * C + np.outer(k, y)", "gamma * (C + np.outer(k, y))")},
    ),
    "plain_sum": Case(
        42, "Nothing fades", {"1": FADE + "return C * (gamma == 1 or len(K) != 5) + K.T @ Y"}
    ),
    "old_stays": Case(
        45,
        "stays as it was",
        {
            "1": LOOP.replace("zip(K, Y)", "zip(K, Y)")
            .replace("return C", "return C + old")
            .replace("    for", "    old, C = C, 0 * C\n    for", 1)
        },
    ),
    "in_place": Case(
        40, "in place", {"1": LOOP.replace("C = gamma * C +", "C *= gamma\n        C +=")}
    ),
    "hard_coded": Case(
        40, "shape", {"1": FADE + "return np.array([[-0.5, -1.5, 1.5], [1.5, 0.5, -0.5]] * 2)"}
    ),
    # Exercise 2: 4 + 3 + 3.
    "forwards": Case(
        46, "forwards", {"2-keys": "def keys_of(C, Y, E):\n    return (Y @ C @ E.T).argmax(axis=1)"}
    ),
    "one_round": Case(
        47,
        "whatever the number",
        {"2-repair": "def repair(C, Q, rounds):\n    return signs(signs(Q @ C) @ C.T)"},
    ),
    # Exercise 3: 2 + 3 + 2 + 3.
    "half_the_damage": Case(
        45,
        "counts against you",
        {
            "3-paper": "def right_score(f):\n    return 1 - f\n\n\n"
            "def as_hard_as(pairs, f):\n    return pairs / (1 - f) ** 2"
        },
    ),
    "undamaged": Case(
        47,
        "exactly the same recall",
        {
            "3-measured": "def damaged_recall(K, right, E, f, seed=0):\n"
            "    return np.mean((K @ (K.T @ E[right]) @ E.T).argmax(axis=1) == right)"
        },
    ),
    # Exercise 4: 3 + 4 + 3.
    "strengths_added": Case(
        # What is built on the noise goes with it: the lifetime, and the best gamma.
        40,
        "added up strengths",
        {
            "4-noise": "def fading_noise(gamma, key_dim, value_dim, vocab_size):\n    return "
            "theory.noise(1 / (1 - gamma), key_dim, value_dim, vocab_size=vocab_size)"
        },
    ),
    "any_gamma": Case(
        47,
        "more than 3 % longer",
        {"4-best": "def best_gamma(key_dim, value_dim, vocab_size, accuracy=0.9):\n    return 0.9"},
    ),
    # Exercise 5: 3 + 3 + 2 + 2.
    "no_minus": Case(
        48,
        "negative count",
        {
            "5-often": "def how_often(C, K, Y):\n"
            "    return np.rint(abs(np.sum((K @ C) * Y, axis=1)) / C.size).astype(int)"
        },
    ),
    "guessed": Case(
        48, "six counts are wrong", {"5-case": "def confession():\n    return [1, 1, 1, 1, 1, 1]"}
    ),
    "half": Case(
        # Exercises 1, 2 first part, and 5 without the case.
        22,
        "Not attempted",
        dict.fromkeys((*ONLY_TWO, "5-case"), ...),
    ),
    # What goes wrong inside a function costs its own points, and no others.
    "loop_inside": Case(
        46, "more than", {"2-keys": "def keys_of(C, Y, E):\n    while True:\n        pass"}
    ),
    "loop_before": Case(
        47, "its cell stopped with TimeLimit", {"5-count": "while True:\n    pass"}
    ),
    "exit_inside": Case(
        43, "SystemExit", {"5-often": "def how_often(C, K, Y):\n    import sys\n    sys.exit(0)"}
    ),
    "killed_inside": Case(
        47,
        "ended the Python process",
        {"5-count": "def count_pairs(C):\n    __import__('os')._exit(0)"},
    ),
    "greedy_inside": Case(
        47, "MemoryError", {"5-count": "def count_pairs(C):\n    return np.ones(10 * 2**27).sum()"}
    ),
    "recursive": Case(
        47, "RecursionError", {"5-count": "def count_pairs(C):\n    return count_pairs(C)"}
    ),
    "deleted": Case(47, "had been deleted", {"5-count": None}),
    "not_even_python": Case(45, "no `right_score`", {"3-paper": "def right_score(f:\n  1"}),
    "steals": Case(
        47,
        "There is no",
        {"5-count": "from memo_edu.course.hidden.ps1 import tests\n\ndef count_pairs(C): ..."},
    ),
    "odd_kind": Case(47, "a single number", {"5-count": "def count_pairs(C):\n    return [C]"}),
}
