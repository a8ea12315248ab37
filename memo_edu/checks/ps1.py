"""Public checks of problem set 1: small cases, worked out in the exercise; no formula is here."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, pair

chapter = Chapter()
check = chapter.check
hint = chapter.hint

TEA, CUP = np.array([1, 1, -1, 1]), np.array([1, -1, 1])
CAT, MOON = np.array([1, -1, -1, -1]), np.array([-1, -1, 1])
GOOD = "Right on this small case. The grading will try others."


@chapter.exercise("1", hints=["How many writes come after pair i? So often has it faded."])
def fade_in(answer):
    """The two pairs of the exercise, at γ = ½."""
    K, Y = np.array([TEA, CAT]), np.array([CUP, MOON])
    result = call(answer, np.zeros((4, 3)), K, Y, 0.5)
    right = [[-0.5, -1.5, 1.5], [1.5, 0.5, -0.5], [0.5, 1.5, -1.5], [1.5, 0.5, -0.5]]
    say = "For (tea, cup) and then (cat, moon), γ = ½, this is not ½ · teaᵀcup + catᵀmoon."
    expect(result, np.array(right), otherwise=say)
    return GOOD


@chapter.exercise("2 keys", hints=["Which matrix has the key and the value change places?"])
def keys_of(answer):
    """Two pairs with orthogonal vectors."""
    E = np.eye(5)[:, :4]
    C = np.outer(E[3], CUP) + np.outer(E[1], [1, 1, 0])
    result = call(answer, C, np.array([CUP, [1, 1, 0]]), E)
    expect(result, np.array([3, 1]), otherwise="The two keys are in the rows 3 and 1 of E.")
    return GOOD


@chapter.exercise("2 repair", hints=["There: signs of what comes back. Back: ask with these."])
def repair(answer):
    """One pair, one flipped sign."""
    key, value = np.array([1, -1, 1, 1, -1]), CUP
    damaged = np.array([[1, -1, 1, 1, 1]])
    C = np.outer(key, value)
    expect(call(answer, C, damaged, 0), damaged, otherwise="0 rounds should change nothing.")
    say = "The memory holds a single pair, and a key with one flipped sign was not repaired."
    expect(call(answer, C, damaged, 1), key[None], otherwise=say)
    return GOOD


@chapter.exercise("3 paper", hints=["Of d products, how many have changed from + to -?"])
def paper(answer):
    """What is known without any formula: nothing flipped, and half flipped."""
    right_score, as_hard_as = pair(answer, "right_score, as_hard_as")
    expect(call(right_score, 0.0), 1.0, otherwise="With nothing flipped the score is 1.")
    half = "With half of the signs flipped nothing of the key is left: the score is 0."
    expect(call(right_score, 0.5), 0.0, otherwise=half)
    same = "With nothing flipped, 100 pairs are as hard as 100."
    expect(call(as_hard_as, 100, 0.0), 100.0, otherwise=same)
    if not call(as_hard_as, 100, 0.3) > call(as_hard_as, 100, 0.1) > 100:
        raise Wrong("The more signs are flipped, the harder it should be.")
    return GOOD


@chapter.exercise("3 measured", hints=["Flip a copy of the keys; memorize the intact ones."])
def damaged_recall(answer):
    """A single pair is known with intact keys; two opposite ones are mixed up if all is flipped."""
    K, E = np.array([[1, 1, 1, 1], [-1, -1, -1, -1]]), np.array([[1, 1, 1], [-1, -1, -1]])
    right = np.array([0, 1])
    say = "Two opposite pairs, nothing flipped: the recall is 1."
    expect(call(answer, K, right, E, 0.0, 0), 1.0, otherwise=say)
    say = "Two opposite pairs, every sign flipped: each takes the other's value, the recall is 0."
    expect(call(answer, K, right, E, 1.0, 0), 0.0, otherwise=say)
    return GOOD


@chapter.exercise("4 noise", hints=["Half the strength is a quarter of the variance."])
def fading_noise(answer):
    """γ = 0 leaves one pair; a larger γ makes more noise."""
    say = "With γ = 0 a single pair is left; chapter 03 says how loud it is."
    expect(call(answer, 0.0, 10, 20, 20), 0.1, otherwise=say)
    if not call(answer, 0.9, 64, 64, 500) > call(answer, 0.5, 64, 64, 500):
        raise Wrong("The slower the memory fades, the more pairs whisper.")
    return GOOD


@chapter.exercise("4 lifetime", hints=["The recall falls with the age: search as in exercise 3.4."])
def lifetime(answer):
    """A hopeless memory, and one whose recall asks for less."""
    if call(answer, 0.999, 8, 8, 1000, 0.9) != -1:
        raise Wrong("A matrix of 8 × 8 can't recall even the newest pair here: -1.")
    if not call(answer, 0.99, 64, 64, 1000, 0.5) > call(answer, 0.99, 64, 64, 1000, 0.9) > 0:
        raise Wrong("Who asks for a lower recall should get a longer lifetime.")
    return GOOD


@chapter.exercise("4 best", hints=["Try some twenty values of 1 - γ, around 1 / capacity."])
def best_gamma(answer):
    """A number in range."""
    if not 0 < call(answer, 48, 48, 500, 0.9) < 1:
        raise Wrong("γ lies between 0 and 1.")
    return "A γ between 0 and 1. Whether it is the best is for the grading to say."


@chapter.exercise("5 count", hints=["An entry of C is a sum of as many coins as there are pairs."])
def count_pairs(answer):
    """One pair is certain."""
    expect(call(answer, np.outer(TEA, CUP)), 1.0, otherwise="This memory holds one single pair.")
    return GOOD


@chapter.exercise("5 often", hints=["What does a pair score that was memorized three times?"])
def how_often(answer):
    """Two orthogonal keys."""
    C = 3 * np.outer(TEA, CUP)
    result = call(answer, C, np.array([TEA, [1, -1, -1, -1]]), np.array([CUP, MOON]))
    say = "A pair that is there three times, and one that is not there: 3 and 0."
    expect(result, np.array([3, 0]), otherwise=say)
    return GOOD


@chapter.exercise("5 case", hints=["Your how_often, with the vectors that the book has."])
def confession(answer):
    """Six whole numbers."""
    counts = call(answer)
    if np.shape(counts) != (6,) or any(int(count) != count for count in counts):
        raise Wrong("Six whole numbers are asked for, one for each suspect.")
    return "Six whole numbers. Whether they are right is for the grading to say."
