"""Public checks of problem set 2: small cases, worked out in the exercise; no formula is here."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, pair

chapter = Chapter()
check = chapter.check
hint = chapter.hint

# Eight tokens whose vectors and pieces are orthogonal, so that every score can be counted on paper.
E, W, H = np.eye(16)[:8], np.vstack([np.eye(8), np.eye(8)]), 2
THE, RED, DOOR, MOON, IS, OPEN, WINDOW = range(1, 8)
GOOD = "Right on this small case. The grading will try others."
FORM = "In order so far. Whether the numbers are right is for the grading to say."


def matrix(*pairs):
    """Write pairs (first, second, token) of a window of two tokens and a token."""
    C = np.zeros((16, 16))
    for first, second, token in pairs:
        C[[first, 8 + second], token] += 0.5**0.5
    return C


def listed(answer, what):
    """Read a list of whole numbers."""
    if np.ndim(answer) != 1 or np.asarray(answer).dtype.kind not in "iuf":
        raise Wrong(f"{what} should be a list of whole numbers.")
    return [int(number) for number in answer]


@chapter.exercise(
    "1 windows", hints=["Put the marks behind the text first. Where does row i start?"]
)
def windows_after(answer):
    """The text of the exercise."""
    result = call(answer, [1, 2, 3, 1, 4, 5], 2)
    if len({len(window) for window in result}) > 1:
        raise Wrong("Some windows are shorter than h. Marks, 0, stand behind the text.")
    right = [[2, 3], [3, 1], [1, 4], [4, 5], [5, 0], [0, 0]]
    expect(result, right, otherwise="Compare your windows with the table in the exercise.")
    return GOOD


@chapter.exercise("1 memorize", hints=["Which of the two is the key here, window or token?"])
def memorize_backwards(answer):
    """Two tokens, and a memory that held something."""
    before = matrix((WINDOW, WINDOW, DOOR))
    right = before + matrix((RED, 0, THE), (0, 0, RED))
    say = "For the text 1 2 and h = 2 the new pairs are: 2 ▷ leads to 1, and ▷ ▷ leads to 2."
    expect(call(answer, before, [THE, RED], E, W, H), right, otherwise=say)
    return GOOD


@chapter.exercise("1 read", hints=["Which h tokens stand right behind the burnt place?"])
def read_backwards(answer):
    """The text 1 2 3 5, from what is left of it."""
    C = matrix((RED, DOOR, THE), (DOOR, IS, RED), (IS, 0, DOOR), (0, 0, IS))
    for ending, n in (([3, 5], 2), ([5], 3), ([], 4), ([2, 3, 5], 1)):
        given = list(ending)
        found = listed(call(answer, C, given, n, E, W, H), "The answer")
        if given != ending:
            raise Wrong(f"Your function changes the ending that it is given, {ending}. Copy it.")
        if len(found) != n:
            raise Wrong(f"{n} tokens were asked for, and {len(found)} came back.")
        if found != [1, 2, 3, 5][:n]:
            raise Wrong(f"The text is 1 2 3 5. Behind the {n} burnt tokens stands {ending}.")
    return GOOD


FORWARD = ((THE, RED, DOOR), (THE, RED, MOON))
BACKWARD = ((IS, OPEN, DOOR), (IS, OPEN, WINDOW))


@chapter.exercise("2 hole", hints=["Two questions, two lists of V scores: add them before argmax."])
def fill_hole(answer):
    """The red door."""
    C, D = matrix(*FORWARD), matrix(*BACKWARD)
    found = call(answer, C, D, [THE, RED], [IS, OPEN], E, W, H)
    if np.ndim(found) or int(found) != DOOR:
        raise Wrong("In the exercise's case, door is the token 3: it alone has the score 2.")
    for loud, say in (
        ({DOOR: (3, 0), MOON: (2, 2), WINDOW: (0, 3)}, "2 forwards and 2 backwards are more than"),
        ({DOOR: (1, 1), MOON: (3, 0)}, "3 forwards and 0 backwards are more than"),
    ):
        given = [
            matrix(*[(*window, token) for token, times in loud.items() for _ in range(times[side])])
            for side, window in enumerate([(THE, RED), (IS, OPEN)])
        ]
        if call(answer, *given, [THE, RED], [IS, OPEN], E, W, H) != MOON:
            others = " or ".join(f"{a} and {b}" for t, (a, b) in loud.items() if t != MOON)
            raise Wrong(f"{say} {others}: add the scores of both memories, window by window.")
    return GOOD


@chapter.exercise(
    "2 paper", hints=["Noise adds up in variances. What does w do to a variance, and to a score?"]
)
def paper(answer):
    """What is known without any formula."""
    as_hard_as, best_weight = pair(answer, "as_hard_as, best_weight")
    say = "With w = 0 only the forward memory counts, and it holds 700 pairs here."
    expect(call(as_hard_as, 700, 300, 0), 700, otherwise=say)
    say = "A huge w leaves the backward memory only, and it holds 300 pairs here."
    expect(call(as_hard_as, 700, 300, 1e9), 300, otherwise=say)
    same = "If both hold as many pairs, neither deserves more trust: w = 1."
    expect(call(best_weight, 500, 500), 1, otherwise=same, rtol=0.02)
    if not call(best_weight, 200, 800) < 1 < call(best_weight, 800, 200):
        raise Wrong("The fuller memory is the noisier one. It deserves less trust.")
    return FORM


@chapter.exercise("2 two", hints=["Make four tables of scores, (V, 1) or (1, V) or (V, V). Add."])
def fill_two(answer):
    """The red door once more, with two tokens missing."""
    C = matrix((THE, RED, MOON), (THE, RED, DOOR), (RED, DOOR, IS))
    D = matrix((OPEN, 0, WINDOW), (OPEN, 0, IS), (IS, OPEN, DOOR))
    found = listed(call(answer, C, D, [THE, RED], [OPEN, 0], E, W, H), "The pair")
    if found == [IS, DOOR]:
        raise Wrong("The two right tokens, in the wrong order.")
    if found != [DOOR, IS]:
        raise Wrong("The text is 1 2 3 5 6, and 3 5 is missing. All four questions know it.")
    return GOOD


@chapter.exercise("3 write", hints=["A Python set keeps each of its members once."])
def thrifty_memory(answer):
    """The letters of the exercise."""
    right = matrix((0, 0, 1), (0, 1, 2), (1, 2, 3), (1, 2, 4))
    say = "The letters 1 2 3 and 1 2 4 have four different pairs; the exercise lists them."
    expect(call(answer, [[1, 2, 3], [1, 2, 4]], E, W, H), right, otherwise=say)
    return GOOD


@chapter.exercise("3 forget", hints=["Which pairs of the text does nobody else need?"])
def forget_thriftily(answer):
    """The letters of the exercise."""
    C = matrix((0, 0, 1), (0, 1, 2), (1, 2, 3), (1, 2, 4))
    right = matrix((0, 0, 1), (0, 1, 2), (1, 2, 4))
    say = "Of 1 2 3 only the pair 1 2 → 3 should go if 1 2 4 stays."
    expect(call(answer, C, [1, 2, 3], [[1, 2, 4]], E, W, H), right, otherwise=say)
    return GOOD


@chapter.exercise("3 noise", hints=["What is the variance of something twice as loud?"])
def as_noisy_as(answer):
    """A letter that never repeats itself."""
    say = "A letter of four different tokens has four different pairs: 4 and 4."
    expect(call(answer, [[1, 2, 3, 4]], 2), [4, 4], otherwise=say)
    plain, thrifty = call(answer, [[1, 2, 3], [1, 2, 3]], 2)
    if thrifty != 3:
        raise Wrong("The same three pairs twice: the thrifty keeper writes three.")
    if plain <= thrifty:
        raise Wrong("A plain memory is noisier than a thrifty one if a letter comes twice.")
    return GOOD


@chapter.exercise("4 capacity", hints=["np.interp needs rising x. Or find the first point below."])
def capacity_of(answer):
    """The curve of the exercise."""
    counts, recalls = np.array([100, 200, 300, 400]), np.array([1.0, 0.8, 0.9, 0.2])
    expect(call(answer, counts, recalls, 0.9), 150, otherwise="The exercise's curve gives 150.")
    return GOOD


@chapter.exercise("4 size", hints=["Whose predicted capacity is the one that you read off?"])
def size_of(answer):
    """A number, and more for a curve further right."""
    recalls = np.array([1.0, 0.95, 0.6, 0.2])
    near, far = (call(answer, np.array([100, 200, 300, 400]) * k, recalls, 500) for k in (1, 8))
    if np.ndim(near) or not 1 < near < far:
        raise Wrong("The matrix that holds eight times as many pairs should be the larger one.")
    return FORM


@chapter.exercise("4 other", hints=["What counts is how many pairs each number has to bear."])
def recall_of_other(answer):
    """The same matrix, and a larger one."""
    counts, recalls = np.array([100, 200, 300]), np.array([1.0, 0.8, 0.4])
    say = "With as many numbers as before, the curve itself says 0.6 at 250 pairs."
    expect(call(answer, counts, recalls, 1, 250), 0.6, otherwise=say)
    if not call(answer, counts, recalls, 1.5, 250) > 0.6:
        raise Wrong("A larger matrix should recall more of the same 250 pairs.")
    return GOOD


@chapter.exercise("4 changed", hints=["Compare the capacities at 0.9, and the capacities at 0.5."])
def what_changed(answer):
    """A curve that is the other one, stretched; and two of one matrix, with 100 and 5000 tokens."""
    counts = np.arange(100, 2001, 100)
    first, second = (
        np.interp(counts, np.array([1, 2, 4, 6]) * k, [1, 0.98, 0.5, 0.1]) for k in (100, 300)
    )
    if call(answer, counts, first, second) != "size":
        raise Wrong("Here the second curve is the first, with three times the pairs everywhere.")
    counts = np.array([100, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200])
    few = np.array([1, 0.988, 0.926, 0.829, 0.64, 0.501, 0.337, 0.25, 0.165, 0.124])
    many = np.array([1, 0.999, 0.973, 0.887, 0.637, 0.434, 0.218, 0.125, 0.056, 0.032])
    if call(answer, counts, few, many) != "vocabulary":
        raise Wrong("These two curves cross, so neither is the other one, stretched.")
    return GOOD


@chapter.exercise("4 trader", hints=["Your capacity_of and size_of, on the trader's curve."])
def trader(answer):
    """Two numbers."""
    found = call(answer)
    if np.shape(found) != (2,) or not all(number > 0 for number in found):
        raise Wrong("Two numbers are asked for: the capacity, and d.")
    return "Two numbers. Whether they are right is for the grading to say."


@chapter.exercise("5 count", hints=["Ask only for pairs that no other letter has."])
def letter_counts(answer):
    """The two letters of the exercise."""
    pairs = (0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5)
    found = call(answer, 2 * matrix(*pairs), [[1, 2, 3, 4, 5], [1, 2, 3, 6, 7]], E, W, H)
    if listed(found, "The counts") != [2, 0]:
        raise Wrong("1 2 3 4 5 was memorized twice and 1 2 3 6 7 never: 2 and 0.")
    return GOOD


@chapter.exercise("5 case", hints=["Your letter_counts, with what the cell above has read."])
def case(answer):
    """Six whole numbers."""
    counts = call(answer)
    if np.shape(counts) != (6,) or any(int(count) != count for count in counts):
        raise Wrong("Six whole numbers are asked for, one for each letter.")
    return "Six whole numbers. Whether they are right is for the grading to say."
