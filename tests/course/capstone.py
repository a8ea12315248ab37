"""Submissions of the capstone, with the points that its tools should get."""

from submissions import Case

POINTS = 40  # without the written answers

TEXT = "def my_text():\n    text = %s\n    return text, %s"
STORY = '" ".join(f"On day {i} {who} walked to the old mill and back." for i, who in enumerate(%s))'
WHO = "['Ada', 'nobody', 'Bo'] * 9"
SENTENCES = """def names_person(sentence, names):
    %s


def redacted(text, names):
    %s"""
NAMED = "return any(re.search(rf'\\b{re.escape(n)}\\b', sentence, re.I) for n in names)"
REDACTED = "return ''.join(s for s in sentences(text) if not names_person(s, names))"
FORGET = """def forget_person(texts, names, dim, seed):
    model = me.MeMo(dim, heads=4, layers=2, encoder="binding", seed=seed, backend="numpy")
    for text in texts.values():
        model.memorize(text)
    before = np.array(model.matrix)
    %s
    return before, np.array(model.matrix)"""
EXPOSED = """def exposure(memorized, asked, names, dim, seed):
    model = me.MeMo(dim, heads=4, layers=2, encoder="binding", seed=seed, backend="numpy")
    for text in memorized:
        model.memorize(text)
    names = [name.lower() for name in names]
    hits = places = 0
    for i, token in enumerate(tokens := me.tokenize(asked)):
        if token.strip().lower() in names:
            guess = model.predict(%s)
            places += 1
            hits += %s
    return hits / places %s"""
AGAINST = """def was_forgotten(before, after, suspects, seed):
    answers = []
    for suspect in suspects:
        model = me.MeMo(before.shape[0], 4, 1, "binding", seed=seed, backend="numpy")
        model.memorize(suspect)
        share = ((%s) * model.matrix).sum() / (model.matrix**2).sum()
        answers.append(%s)
    return %s"""

NEW = (
    'new = me.MeMo(dim, heads=4, layers=2, encoder="binding", seed=seed, backend="numpy")\n'
    "    for text in texts.values():\n"
    "        if redacted(text, names):\n"
    "            new.memorize(redacted(text, names))\n"
    "    model = new"
)
PIECES = (
    "for title, text in texts.items():\n"
    "        for piece in sentences(text):\n"
    "            if names_person(piece, names):\n"
    "                one = me.MeMo(dim, 4, 2, 'binding', seed=seed, backend='numpy')\n"
    "                one.memorize(piece)\n"
    "                model.matrix[:] -= one.matrix"
)
WHOLE = (
    "for text in texts.values():\n"
    "        if names_person(text, names):\n"
    "            model.forget(text)"
)
STUCK = (
    "for text in texts.values():\n"
    "        model.forget(text)\n"
    "        model.memorize(redacted(text, names))"
)

SUBMISSIONS = {
    # Right in another way: regular expressions, a new model in place of the old one, loops.
    "otherwise": Case(
        40,
        answers={
            "1": TEXT % (STORY % (WHO), "('Ada', 'Bo')"),
            "2": SENTENCES % (NAMED, REDACTED),
            "3": FORGET % (NEW),
            "4": EXPOSED
            % ("tokens[:i]", "guess.token == token and guess.known", "if places else 0"),
            "5": AGAINST % ("before - after", "share > 1 / 3", "np.array(answers)"),
        },
    ),
    # Exercise 1: 5 points.
    "short": Case(35, "tokens; at least 250", {"1": TEXT % ("'Ada slept. ' * 9", "['Ada']")}),
    "always_named": Case(
        35,
        "Every sentence names",
        {"1": TEXT % (STORY % ("['Ada', 'Bo'] * 12"), "['Ada', 'Bo']")},
    ),
    "twice_named": Case(
        35,
        "named in 2 different",
        {"1": TEXT % (STORY % ("['Ada'] * 2 + ['he'] * 30"), "['Ada']")},
    ),
    "sample": Case(
        35,
        "one of the sample texts",
        {"1": TEXT % ("me.sample_texts()['lighthouse']", "['Pip']")},
    ),
    # Exercise 2: 3 + 3 + 3. What is built on it goes with it: 3b, 3c.
    "inside_words": Case(
        # It finds names in capitals, and longer words as well.
        37,
        "longer word",
        {"2": SENTENCES % ("return any(n.lower() in sentence.lower() for n in names)", REDACTED)},
    ),
    "as_written": Case(
        37,
        "capital or small",
        {
            "2": SENTENCES
            % ("return bool(set(re.findall(r'\\w+', sentence)) & set(names))", REDACTED)
        },
    ),
    "stripped": Case(
        31,
        "white space",
        {"2": SENTENCES % (NAMED, REDACTED.replace("''.join(s for", "' '.join(s.strip() for"))},
    ),
    "search": Case(
        34,
        "names_person should return True or False",
        {
            "2": SENTENCES
            % ("return re.search(rf'(?i)\\b({\"|\".join(names)})\\b', sentence)", REDACTED)
        },
    ),
    "pieces": Case(
        # What is built on it goes with it: 3a, 3b, 3c.
        25,
        "redacted should return a str",
        {"2": SENTENCES % (NAMED, REDACTED.replace("''.join(", "list("))},
    ),
    # Exercise 3: 3 + 6 + 3.
    "piece_by_piece": Case(31, "by themselves", {"3": FORGET % (PIECES)}),
    "whole_texts": Case(34, "Whole texts are gone", {"3": FORGET % (WHOLE)}),
    "stuck_at_nothing": Case(37, "InputError", {"3": FORGET % (STUCK)}),
    "the_same_array": Case(
        28,
        "Copy it before",
        {"3": FORGET.replace("np.array(model.matrix)\n", "model.matrix\n") % PIECES},
    ),
    # Exercise 4: 4 + 4.
    "not_sure": Case(
        36,
        "also knows it",
        {"4": EXPOSED % ("tokens[:i]", "guess.token == token", "if places else 0")},
    ),
    "no_place": Case(
        36,
        "ZeroDivisionError",
        {"4": EXPOSED % ("tokens[:i]", "guess.token == token and guess.known", "")},
    ),
    "one_too_many": Case(
        32,
        "another number",
        {
            "4": EXPOSED
            % ("tokens[: i + 1]", "guess.token == token and guess.known", "if places else 0")
        },
    ),
    "only_known": Case(
        36,
        "whatever the model knows",
        {"4": EXPOSED % ("tokens[:i]", "guess.known", "if places else 0")},
    ),
    "any_name": Case(
        36,
        "any name that the model says",
        {
            "4": EXPOSED
            % (
                "tokens[:i]",
                "guess.token.strip().lower() in names and guess.known",
                "if places else 0",
            )
        },
    ),
    "exact_letters": Case(
        36,
        "A name may stand in capitals.",
        {
            "4": EXPOSED.replace("token.strip().lower() in names", "token.strip() in names")
            .replace("    names = [name.lower() for name in names]\n", "")
            .replace("%s", "{}")
            .format("tokens[:i]", "guess.token == token and guess.known", "if places else 0")
        },
    ),
    # Exercise 5: 6.
    "in_the_old_one": Case(
        34, "Look at both", {"5": AGAINST % ("before", "bool(share > 0.4)", "answers")}
    ),
    "nothing_found": Case(
        34, "are judged wrongly", {"5": AGAINST % ("before - after", "False", "answers")}
    ),
    # What goes wrong inside a function costs its own points, and no others.
    "loop_inside": Case(
        34, "more than", {"5": "def was_forgotten(*given):\n    while True:\n        pass"}
    ),
    "half": Case(14, "Not attempted", {"3": ..., "4": ..., "5": ...}),
}
