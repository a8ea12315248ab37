"""Public checks of the problem sets: right in another way is right, mistakes get their word."""

import contextlib
import functools
import importlib

import nbformat
import numpy as np

from memo_edu.course import HOME
from memo_edu.course.execute import is_test


@functools.cache
def solved(assignment):
    """What the solved notebook of a problem set has defined: name -> value."""
    space = {}
    notebook = nbformat.read(HOME / assignment / f"{assignment}.ipynb", as_version=4)
    with contextlib.chdir(HOME / assignment), contextlib.redirect_stdout(None):
        for cell in notebook.cells:
            if cell.cell_type == "code" and not is_test(cell) and "check(" not in cell.source:
                exec(cell.source, space)
    return space


def checks(assignment):
    """The module with the public checks of a problem set."""
    return importlib.import_module(f"memo_edu.checks.{assignment}")


def outcome(assignment, number, answer):
    """What a check says of an answer."""
    return checks(assignment).check(number, answer)


def refuses(assignment, number, answer, word):
    """A check finds an answer wrong, and says why."""
    found = outcome(assignment, number, answer)
    assert found.status == "wrong", found
    assert word in found.message, found


def changed(assignment, code):
    """Define a function anew in a problem set's solved notebook, and return it."""
    space = dict(solved(assignment))
    exec(code, space)
    return space[code.partition("def ")[2].partition("(")[0]]


# ---- Capstone ----------------------------------------------------------------------------------

EXACT = """def exposure(memorized, asked, names, dim, seed):
    model = me.MeMo(dim, 4, 2, "binding", seed=seed, backend="numpy")
    for text in memorized:
        model.memorize(text)
    tokens = me.tokenize(asked)
    places = [i for i in range(len(tokens)) if tokens[i].strip() in names]
    said = [(model.predict(tokens[:i]), tokens[i]) for i in places]
    return sum(p.known and p.token == t for p, t in said) / max(1, len(said))"""


def test_a_name_in_capitals_is_looked_for():
    refuses("capstone", "4", changed("capstone", EXACT), "A name may stand in capitals.")


def test_the_sentences_of_the_exercise_are_four_and_two_of_them_go():
    space = solved("capstone")
    names_person, redacted = space["names_person"], space["redacted"]
    text = checks("capstone").TEXT
    assert len(space["sentences"](text)) == 4
    source = (HOME.parents[1] / ".source/assignments/capstone.md").read_text(encoding="utf-8")
    assert f"*{text}*" in source
    assert redacted(text, ["Rosa"]) == " She sang to them. Rosalind laughed."
    as_it_stands = changed("capstone", EXACT_WORDS)
    for answer, word in (
        ((as_it_stands, redacted), "in capitals"),
        ((lambda one, names: "Rosa" in one.title(), redacted), "somebody else"),
        ((names_person, lambda text, names: ""), "as they stand"),
    ):
        refuses("capstone", "2", answer, word)


EXACT_WORDS = r"""def names_person(sentence, names):
    return any(name in re.findall(r"\w+", sentence) for name in names)"""


def test_a_redacted_text_of_one_token_counts_as_never_read():
    forget_person = solved("capstone")["forget_person"]
    mill = {"mill": "The mill stood still all day long, and nobody in the village knew why."}
    texts = {"note": "Nobody but Rosa has ever been to the mill on a Sunday in May. Well", **mill}
    _, after = forget_person(texts, ["Rosa"], 64, 0)
    assert np.array_equal(after, forget_person(mill, ["Rosa"], 64, 0)[0])


def test_answers_of_another_kind_are_named():
    space = solved("capstone")
    names_person, redacted = space["names_person"], space["redacted"]
    search = changed("capstone", SEARCH)
    matched = changed("capstone", SEARCH.replace("search", "match"))
    for answer in ((search, redacted), (matched, redacted), (lambda *given: "yes", redacted)):
        refuses("capstone", "2", answer, "names_person should return True or False.")
    pieces = names_person, lambda text, names: [text]
    refuses("capstone", "2", pieces, "redacted should return a str.")
    for matrices in (np.zeros((64, 64)), [np.zeros((64, 64))], "ab" * 2):
        refuses("capstone", "3", lambda *given, m=matrices: m, "return two matrices")


SEARCH = r"""def names_person(sentence, names):
    return re.search(rf"\b{names[0]}\b", sentence, re.IGNORECASE)"""


# ---- Problem set 2 -----------------------------------------------------------------------------


def hole_by(combine):
    """Fill a hole from both memories' scores."""
    keys = solved("ps2")["keys"]

    def fill_hole(forward, backward, before, after, E, W, h):
        scores = keys([before], E, W)[0] @ forward @ E.T, keys([after], E, W)[0] @ backward @ E.T
        return 1 + int(combine(*scores)[1:].argmax())

    return fill_hole


def test_a_hole_asks_for_the_sum():
    fill_hole = solved("ps2")["fill_hole"]
    for wrong in (
        hole_by(lambda forward, backward: forward),
        hole_by(lambda forward, backward: backward),
        hole_by(np.maximum),
        hole_by(np.multiply),
        lambda C, D, before, after, *rest: fill_hole(C, D, before, after[::-1], *rest),
    ):
        refuses("ps2", "2 hole", wrong, "are more than")


def test_the_ending_is_left_as_it_is():
    read_backwards = solved("ps2")["read_backwards"]

    def in_place(C, ending, n, *rest):
        ending[:0] = read_backwards(C, ending, n, *rest)
        return ending[:n]

    refuses("ps2", "1 read", in_place, "changes the ending")


def test_where_only_the_order_is_looked_at_the_check_says_so():
    as_hard_as, best_weight = (solved("ps2")[name] for name in ("as_hard_as", "best_weight"))
    for wrong in (lambda f, b: b / f, lambda f, b: 1):
        refuses("ps2", "2 paper", (as_hard_as, wrong), "The fuller memory")
    assert outcome("ps2", "2 paper", (as_hard_as, best_weight)).message == checks("ps2").FORM
    assert outcome("ps2", "4 size", solved("ps2")["size_of"]).message == checks("ps2").FORM
    for wrong in (lambda *given: "size", lambda *given: "vocabulary"):
        refuses("ps2", "4 changed", wrong, "curve")
    functions = tuple(solved("ps4")[name] for name in ("noise_on_value", "noise_on_key"))
    assert outcome("ps4", "2 paper", functions).message == checks("ps4").FORM
    assert outcome("ps4", "2 most", solved("ps4")["most_authors"]).message == checks("ps4").FORM


# ---- Problem set 4 -----------------------------------------------------------------------------


def ask_each(C, K, A, E):
    said = [[int(np.argmax(E @ (k @ C * a))) for a in A] for k in K]
    return [max(row, key=row.count) for row in said]


def test_a_jury_may_be_asked_one_by_one_and_a_product_of_badges_may_not():
    for right in (ask_each, lambda C, K, A, E: (K @ C * np.sign(A.sum(0)) @ E.T).argmax(axis=1)):
        found = outcome("ps4", "1 jury", right)
        assert found.status == "right", found
    for wrong, word in (
        (lambda C, K, A, E: (K @ C * A.prod(axis=0) @ E.T).argmax(axis=1), "product of badges"),
        (lambda C, K, A, E: (K @ C @ E.T).argmax(axis=1), "jury of one"),
        (lambda C, K, A, E: (K @ C * A[0] @ E.T).argmax(axis=1), "1, 1 and 0"),
        (lambda C, K, A, E: (K @ C * A[-1] @ E.T).argmax(axis=1), "1, 1 and 0"),
    ):
        refuses("ps4", "1 jury", wrong, word)


def test_who_said_it_and_how_often_have_a_telling_case():
    who_said, exact_copies = (solved("ps4")[name] for name in ("who_said", "exact_copies"))
    for wrong, word in (
        (lambda *given: who_said(*given).T, "it should be (6, 2)"),
        (lambda C, K, Y, A: (K @ C * Y) @ A.T / K.shape[1] ** 2 >= 0.5, "six windows"),
        (lambda C, K, Y, A: (K @ C * Y) @ A.T / Y.shape[1] ** 2 >= 0.5, "six windows"),
    ):
        refuses("ps4", "1 who", wrong, word)
    refuses("ps4", "5 copies", lambda D, digits: 2**digits // abs(D).max(), "an entry of 4")
    assert outcome("ps4", "5 copies", exact_copies).status == "right"


# ---- All of them -------------------------------------------------------------------------------

TWO = {
    "ps1": ("3 paper", "right_score, as_hard_as"),
    "ps2": ("2 paper", "as_hard_as, best_weight"),
    "ps4": ("2 paper", "noise_on_value, noise_on_key"),
    "capstone": ("2", "names_person, redacted"),
}


def test_where_two_functions_are_expected_one_is_not_enough():
    for assignment, (number, names) in TWO.items():
        functions = [solved(assignment)[name] for name in names.split(", ")]
        assert outcome(assignment, number, tuple(functions)).status == "right"
        for answer in (functions[0], functions[:1], (*functions, functions[0]), None, 5):
            word = f"Two functions are expected here: ({names})."
            refuses(assignment, number, answer, word)
