"""Public checks of problem set 4: small cases, worked out in the exercise; no formula is here."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, pair
from memo_edu.codebook import random_stream

chapter = Chapter()
check = chapter.check
hint = chapter.hint

TEA, CUP, MOON = np.array([[1, -1, 1, -1], [1, 1, -1, 1], [-1, 1, 1, 1]])
ANNA, BORIS = np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
SAID = np.outer(TEA, CUP * ANNA) + np.outer(TEA, MOON * BORIS)  # the two triples of exercise 1
GOOD = "Right on this small case. The grading will try others."
FORM = "In order so far. Whether the numbers are right is for the grading to say."


def draw(*shapes):
    """Draw an array of ±1 for each shape, the same ones each time."""
    stream = random_stream("check ps4")
    return [stream.choice([-1, 1], shape) for shape in shapes]


@chapter.exercise("1 next", hints=["Chapter 13 bound a value with g, and read with g."])
def next_word(answer):
    """The two triples of the exercise."""
    result = call(
        answer, SAID, np.array([TEA, TEA]), np.array([ANNA, BORIS]), np.array([MOON, CUP])
    )
    say = "Anna says cup, which is row 1 of this E, and Boris says moon, row 0."
    expect(result, np.array([1, 0]), otherwise=say)
    return GOOD


@chapter.exercise("1 who", hints=["In y ⊙ a, the value and the badge can change places."])
def who_said(answer):
    """The two triples again; and six windows of other lengths, with two authors."""
    result = call(
        answer, SAID, np.array([TEA, TEA]), np.array([CUP, MOON]), np.array([ANNA, BORIS])
    )
    say = "Only Anna says cup (row 0), and only Boris says moon (row 1)."
    expect(result, np.array([[True, False], [False, True]]), otherwise=say)
    K, Y, A = draw((6, 32), (6, 1024), (2, 1024))
    authors = np.array([0, 1, 1, 0, 1, 1])
    say = "Of these six windows the first and the fourth are by author 0, the others by author 1."
    result = call(answer, K.T @ (Y * A[authors]), K, Y, A)
    expect(result, authors[:, None] == [0, 1], otherwise=say)
    return GOOD


@chapter.exercise("1 jury", hints=["What you read for one badge, and for another: add it up."])
def verdict(answer):
    """A jury of one, and a jury of three of whom one dissents, each in turn."""
    K, E, A = draw((3, 512), (2, 512), (4, 512))
    moon, cup = E
    said = [[moon, cup, moon], [cup, moon, moon], [cup, cup, cup], [moon, moon, cup]]
    C = sum(K.T @ (values * badge) for values, badge in zip(np.array(said), A, strict=True))
    say = "Here a jury of one goes on with cup, row 1 of E, after each of the three windows."
    expect(call(answer, C, K, A[2:3], E), np.array([1, 1, 1]), otherwise=say)
    found = call(answer, C, K, A[:3], E)
    say = "A product of badges is nobody's badge: what it reads is noise."
    mistakes = [(np.array([1, 0, 0]), say)]
    say = "Two of these three say cup, cup and moon after the three windows: rows 1, 1 and 0 of E."
    expect(found, np.array([1, 1, 0]), mistakes, say)
    return GOOD


@chapter.exercise(
    "2 paper", hints=["Two badges a and a′: is k ⊙ a a stranger to k ⊙ a′? And y ⊙ a to y ⊙ a′?"]
)
def paper(answer):
    """One triple alone; and who is heard at all."""
    for sigma in pair(answer, "noise_on_value, noise_on_key"):
        say = "A single triple, d_value = 25: σ = 1/√25."
        expect(call(sigma, 1, 1, 100, 25, 50), 0.2, otherwise=say)
        if not call(sigma, 30, 5, 64, 64, 50) > call(sigma, 10, 5, 64, 64, 50):
            raise Wrong("More windows are more noise.")
        if not call(sigma, 30, 9, 64, 64, 50) > call(sigma, 30, 5, 64, 64, 50):
            raise Wrong("More authors are more noise.")
    return FORM


@chapter.exercise("2 most", hints=["Begin with one author, and add one as long as it goes well."])
def most_authors(answer):
    """A hopeless memory, and one that is asked for less."""
    if call(answer, 500, 8, 8, 1000, 0.9) != 0:
        raise Wrong("A matrix of 8 × 8 can't do this for a single author here: 0.")
    if not call(answer, 10, 256, 256, 100, 0.5) > call(answer, 10, 256, 256, 100, 0.9) > 0:
        raise Wrong("Who asks for a lower recall may have more authors.")
    return FORM


@chapter.exercise("2 measured", hints=["Add up one matrix for all authors; only then ask."])
def measured_recall(answer):
    """The two triples: everything is found, with either place."""
    for place in ("value", "key"):
        given = TEA[None], np.array([ANNA, BORIS]), np.array([[1], [0]]), np.array([MOON, CUP])
        say = f"Two triples with the badge on the {place} are both found here: the recall is 1."
        expect(call(answer, *given, place), 1.0, otherwise=say)
    return GOOD


@chapter.exercise("3 slide", hints=["A ±1 vector times itself is 1. And then everything ages."])
def slide(answer):
    """From tea cup to cup moon, as it can be done on paper."""
    result = call(answer, np.array([-1, 1, 1, 1]), TEA, MOON, 2)
    say = "From roll(tea, 1) ⊙ cup you should get to roll(cup, 1) ⊙ moon."
    expect(result, np.array([-1, 1, 1, -1]), otherwise=say)
    return GOOD


@chapter.exercise("3 blind", hints=["A token counts with its total offset, and only if odd times."])
def same_key(answer):
    """What the cell above has printed."""
    rolls, known = [[1, 0], [1, 0]], "tea cup cat moon"
    shown = {
        (known, "tea cat cup moon"): True,
        (known, "moon cup cat tea"): False,
        (known, "tea moon moon cat"): False,
        ("tea moon moon cat", "tea cup cup cat"): True,
    }
    for (first, second), same in shown.items():
        if bool(call(answer, first.split(), second.split(), rolls, 1024)) != same:
            word = "the same key" if same else "different keys"
            raise Wrong(f"The cell above shows: “{first}” and “{second}” have {word}.")
    return GOOD


NUMBERS = [np.array([[number]]) for number in (5, -2, 4)]
S, T = np.array([[7]]), np.array([[13]])


@chapter.exercise("4 restore", hints=["Take from S and T what is there. What is left of each?"])
def restore(answer):
    """The matrices of one number."""
    for lost in ([1], [1, 2]):
        given = [None if j in lost else part for j, part in enumerate(NUMBERS)]
        say = "With 5, −2 and 4, and some of them lost, 5, −2 and 4 should come back."
        expect(call(answer, given, S, T), np.array(NUMBERS), otherwise=say)
    return GOOD


@chapter.exercise("4 damaged", hints=["How many times as much is T off as S?"])
def damaged(answer):
    """The case of the exercise, and the undamaged one."""
    if call(answer, NUMBERS, S, T) != 0:
        raise Wrong("With 5, −2 and 4, S = 7 and T = 13, all is well: 0.")
    if call(answer, [NUMBERS[0], np.array([[1]]), NUMBERS[2]], S, T) != 2:
        raise Wrong("5, 1 and 4 have arrived, and it was 5, −2 and 4: part 2 is damaged.")
    return GOOD


@chapter.exercise("5 copies", hints=["Above 2^digits odd numbers are missing. When is n·x odd?"])
def exact_copies(answer):
    """The two numbers that the exercise works out, and the one that it asks about."""
    for number, copies in {3: 2, 1: 8}.items():
        say = f"An entry of {number}, with 3 digits, is exact for {copies} copies."
        expect(call(answer, np.array([[number, 0]]), 3), copies, otherwise=say)
    say = "With an entry of 4 and 3 digits it is another number. Write down its multiples."
    expect(call(answer, np.array([[4, 0]]), 3), 8, otherwise=say)
    return GOOD


@chapter.exercise("5 read", hints=["Each word that you read is in the next question."])
def read_letter(answer):
    """A letter of two tokens, with vectors of 4 numbers that can be followed on paper."""
    begin = np.array([1, 1, 1, -1])
    E, words = np.array([MOON, CUP]), ["moon", "."]
    first, second = np.roll(begin, 1) * begin, np.roll(begin, 1) * MOON
    C = np.outer(first, MOON * ANNA) + np.outer(second, CUP * ANNA)
    result = call(answer, C, ANNA, words, E, begin)
    if list(result) != ["moon", "."]:
        raise Wrong("Here is a letter of two tokens: ['moon', '.'].")
    return GOOD


@chapter.exercise("5 case", hints=["What has the archive had that it has no longer?"])
def forgotten(answer):
    """The form of the answer."""
    found = call(answer)
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        raise Wrong("Three things are asked for: the author, the part, and the list of tokens.")
    author, part, tokens = found
    if not isinstance(author, str) or isinstance(tokens, str) or part not in (1, 2, 3):
        raise Wrong("An author's name, then 1, 2 or 3, then a list of tokens: in this order.")
    if list(tokens)[-1:] != ["."]:
        raise Wrong("A letter ends with a full stop.")
    return "An author, a part and a letter. Whether they are right is for the grading to say."
