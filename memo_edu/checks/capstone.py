"""Public checks of the capstone: small cases that the exercises work out."""

import numpy as np

import memo_edu as me
from memo_edu.checks import Chapter, Wrong, call, expect, pair

chapter = Chapter()
check = chapter.check
hint = chapter.hint

TEXT = "Rosa kept bees. She sang to them. He asked “Is it ROSA's?” Rosalind laughed."
BEES = "The bees slept all winter long, and nobody in the village gave them a thought."
GOOD = "Right on this small case. The grading will try others."
YES_OR_NO = "names_person should return True or False."


def model_of(texts, dim, layers):
    """Make a model that has memorized some texts."""
    model = me.MeMo(dim, 4, layers, "binding", backend="numpy")
    for text in texts:
        model.memorize(text)
    return model


@chapter.exercise("1", hints=["len(me.tokenize(text)) counts the tokens."])
def my_text(answer):
    """The form, and the length."""
    made = call(answer)
    if not (isinstance(made, (tuple, list)) and len(made) == 2 and isinstance(made[0], str)):
        raise Wrong("Return two things: the text, a str, and the list of names.")
    text, names = made
    if isinstance(names, str) or not names or any(not str(n).isalnum() for n in names):
        raise Wrong("The names should be a list of single words, without spaces or marks.")
    count = len(me.tokenize(text))
    if count < 250:
        raise Wrong(f"The text has {count} tokens; at least 250 are asked for.")
    return f"A text of {count} tokens. How often the person is named is for the grading to count."


@chapter.exercise("2", hints=["re.findall finds the words of a sentence; casefold() levels them."])
def sentences_that_go(answer):
    """The sentences of the exercise."""
    names_person, redacted = pair(answer, "names_person, redacted")
    for sentence, right, say in (
        ("Rosa kept bees.", True, "“Rosa kept bees.” names Rosa."),
        (" She sang to them.", False, "“She sang to them.” does not name anybody."),
        (" He asked “Is it ROSA's?”", True, "ROSA's is Rosa's name: in capitals, with an 's."),
        (" Rosalind laughed.", False, "Rosalind is somebody else."),
    ):
        found = call(names_person, sentence, ["Rosa"], nothing=YES_OR_NO)
        if not isinstance(found, (bool, np.bool_, int)):
            raise Wrong(YES_OR_NO)
        if bool(found) != right:
            raise Wrong(say)
    left = call(redacted, TEXT, ["Rosa"])
    if not isinstance(left, str):
        raise Wrong("redacted should return a str.")
    say = (
        "Of the exercise's four sentences the second and the fourth should be left, as they stand."
    )
    expect(left, " She sang to them. Rosalind laughed.", otherwise=say)
    return GOOD


@chapter.exercise("3", hints=["Forget the whole text, and memorize what may stay."])
def forget_person(answer):
    """Two short texts, one of which names the person."""
    texts = {
        "bees": f"{BEES} But Rosa went out into the snow and counted them every day.",
        "mill": "The mill stood still on Sundays, on rainy days, and when the miller was in love.",
    }
    found = call(answer, texts, ["Rosa"], 64, 0)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Wrong("forget_person should return two matrices, before and after.")
    before, after = found
    say = "Before, it should be the matrix of both texts as they are. Did you copy it in time?"
    expect(before, model_of(texts.values(), 64, 2).matrix, otherwise=say)
    kept = [BEES, texts["mill"]]
    say = "After, it is not the matrix of a machine that has only read what may stay."
    expect(after, model_of(kept, 64, 2).matrix, otherwise=say, rtol=0)
    return GOOD


@chapter.exercise("4", hints=["model.predict(tokens[:i]) has .token and .known."])
def exposure(answer):
    """One text, memorized or not."""
    text = "Nobody in the village had ever asked where Rosa went on Sundays, and with whom."
    other = "The mill stood still on Sundays and on rainy days, too, and so did the miller."
    say = "A memory that has read this one sentence knows the name, so the exposure is 1."
    expect(call(answer, [text], text, ["Rosa"], 256, 0), 1.0, otherwise=say)
    say = "A memory that has never read the name can't say it: the exposure is 0."
    expect(call(answer, [other], text, ["Rosa"], 256, 0), 0.0, otherwise=say)
    loud = text.replace("Rosa", "ROSA")
    found = call(answer, [loud], loud, ["Rosa"], 256, 0)
    expect(found, 1.0, otherwise="A name may stand in capitals.")
    return GOOD


@chapter.exercise("5", hints=["Which sum would you get if D were S itself? And if it were noise?"])
def was_forgotten(answer):
    """One sentence that was forgotten, and one that stayed."""
    gone = "On the last day of May somebody saw Rosa on the road to the sea."
    stays = "The mill stood still on Sundays and on rainy days, and the miller slept."
    both, one = model_of([gone, stays], 128, 1).matrix, model_of([stays], 128, 1).matrix
    found = [bool(each) for each in call(answer, both, one, [gone, stays], 0)]
    if found == [False, True]:
        raise Wrong("This is what stayed. Which one is in `before`, but not in `after`?")
    say = "Of two sentences the first was forgotten, the second stayed: [True, False]."
    expect(np.array(found), np.array([True, False]), otherwise=say)
    return GOOD
