"""The hidden tests of the capstone's tools; its written answers are read by a person."""

import re

import numpy as np

import memo_edu as me
from memo_edu.checks import Wrong, call, expect
from memo_edu.checks.capstone import YES_OR_NO
from memo_edu.course.hidden import HiddenTests, so_many

tests = HiddenTests("capstone")
verify = tests.verify

NAMES = ("Ada", "Bruno", "Clara", "Dario", "Edith", "Felix", "Greta", "Hugo", "Ines", "Jonas")
LONGER = {"Ada": "Adalbert", "Bruno": "Brunswick", "Clara": "Clarabel", "Dario": "Dariole"}
WORDS = tuple(
    [
        "river",
        "bridge",
        "lantern",
        "quiet",
        "copper",
        "orchard",
        "harbour",
        "winter",
        "letter",
        "kettle",
        "garden",
        "tower",
        "silver",
        "market",
        "window",
        "morning",
        "violin",
        "castle",
        "ribbon",
        "thunder",
        "meadow",
        "candle",
        "wagon",
        "island",
        "feather",
    ]
)


def sentences(text):
    """As in the notebook."""
    return re.split(r"(?<=[.!?])(?=\s)|(?<=[.!?][”\"’»)])(?=\s)", text)


def named(sentence, names):
    """Whether a sentence has one of the names as a word."""
    words = re.findall(r"\w+", sentence.casefold())
    return any(name.casefold() in words for name in names)


def left_of(text, names):
    """What may stay of a text."""
    return "".join(one for one in sentences(text) if not named(one, names))


def sentence(stream, length, name=None):
    """Make up a sentence of some words, with a name among them."""
    words = list(stream.choice(WORDS, length))
    if name:
        words[int(stream.integers(5, length))] = name
    return "The " + " ".join(words) + "."


def story(stream, name, count, every):
    """Make up sentences; each of those at the given places names somebody."""
    said = [sentence(stream, 14, name if i in every else None) for i in range(count)]
    return " ".join(said)


def model_of(texts, dim, seed, layers=2):
    """Make a model that has memorized some texts."""
    model = me.MeMo(dim, 4, layers, "binding", seed=seed, backend="numpy")
    for text in texts:
        if text:
            model.memorize(text)
    return model


# ---- Exercises 1 and 2 -----------------------------------------------------------------------


@tests.criterion("1a")
def own_text(my_text, stream):
    """250 tokens, five sentences with the name and one without; and no sample text."""
    made = call(my_text)
    if not (isinstance(made, (tuple, list)) and len(made) == 2 and isinstance(made[0], str)):
        raise Wrong("my_text should return two things: a text, and a list of names.")
    text, names = made[0], [str(name) for name in made[1]]
    if isinstance(made[1], str) or not names or not all(name.isalnum() for name in names):
        raise Wrong("The names should be a list of single words.")
    if (count := len(me.tokenize(text))) < 250:
        raise Wrong(f"The text has {count} tokens; at least 250 are asked for.")
    pieces = {one.strip() for one in sentences(text)}
    found = sum(named(one, names) for one in pieces)
    if found < 5:
        raise Wrong(f"The person is named in {found} different sentences; five are asked for.")
    if found == len(pieces):
        raise Wrong("Every sentence names the person, so nothing would be left of the text.")
    if any(text.strip() in sample for sample in me.sample_texts().values()):
        raise Wrong("This is one of the sample texts. Bring a text of your own.")


def decide(names_person, cases):
    """Ask about sentences: (sentence, names, what is right, what to say)."""
    for one, names, right, say in cases:
        found = call(names_person, one, names, nothing=YES_OR_NO)
        if not isinstance(found, (bool, np.bool_, int)):
            raise Wrong(YES_OR_NO)
        if bool(found) != right:
            raise Wrong(say)


@tests.criterion("2a")
def whole_words(names_person, stream):
    """One name is enough, a part of a word is not."""
    a, b = stream.permutation(list(LONGER))[:2]
    c = stream.choice(NAMES[4:])
    plain, none = sentence(stream, 12, a), sentence(stream, 12)
    decide(
        names_person,
        [
            (plain, [a], True, "A sentence with the name in its middle names the person."),
            (none, [a], False, "A sentence without the name does not name the person."),
            (sentence(stream, 9, b), [a, b], True, "One of several names is enough."),
            (sentence(stream, 9, c), [a, b], False, "Somebody else's name is not the person's."),
            (
                sentence(stream, 9, LONGER[a]),
                [a],
                False,
                "A longer word that begins with the name is another word.",
            ),
            (f"x{a} and {a}x.", [a], False, "A name inside a longer word is not the name."),
            (f"{a} slept.", [a], True, "A name may be the first word."),
        ],
    )


@tests.criterion("2b")
def capitals_and_marks(names_person, stream):
    """Capitals, possessives, commas, quotation marks."""
    a = stream.choice(NAMES)
    capitals = "A name in capital or small letters is still the name."
    marks = "A mark or an 's behind the name, or a quotation mark before it, changes nothing."
    cases = [(f"It was {a.upper()}.", True, capitals), (f"it was {a.lower()}", True, capitals)]
    cases += [(f"He took {a}{mark} hat.", True, marks) for mark in ("'s", "’s", ",", "!", "”")]
    cases += [(f"“{a}!” he cried.", True, marks), (f"(\n{a})", True, marks)]
    decide(names_person, [(one, [a], right, say) for one, right, say in cases])
    decide(names_person, [("It was ada.", ["ADA"], True, capitals)])


@tests.criterion("2c")
def what_stays(redacted, stream):
    """Sentences with line breaks between them, questions, and quotes."""
    a = str(stream.choice(NAMES))
    pieces = [sentence(stream, 9, a if i % 3 == 0 else None) for i in range(8)]
    pieces[2] = pieces[2].replace(".", "?”")
    pieces[4] = "\n\n" + pieces[4].replace(".", "!")
    text = " ".join(pieces)
    right = left_of(text, [a])
    mistakes = [
        (right.strip(), "The white space before the first sentence that stays is lost."),
        (" ".join(one.strip() for one in sentences(right)), "The white space is not as it was."),
        (text, "Nothing was left out."),
        (
            "".join(one for one in sentences(text) if named(one, [a])),
            "These are the sentences that should go.",
        ),
        (re.sub(rf"\b{a}\b", "", text), "You left out the name. The whole sentence should go."),
    ]
    found = call(redacted, text, [a])
    if not isinstance(found, str):
        raise Wrong("redacted should return a str.")
    expect(found, right, mistakes, "The text that stays is not right.")
    gone = sentence(stream, 9, a)
    expect(call(redacted, gone, [a]), "", otherwise="If no sentence may stay, '' is left.")
    expect(call(redacted, right, [a]), right, otherwise="A text that names nobody stays.")


# ---- Exercises 3 to 5 ------------------------------------------------------------------------


def library(stream, name):
    """Three texts: the first and the third name a person here and there."""
    return {
        "one": story(stream, name, 5, (1, 3)),
        "two": story(stream, name, 3, ()),
        "three": story(stream, name, 4, (0,)),
    }


def both(forget_person, texts, names, seed, dim=96):
    """Call forget_person, and return two arrays."""
    result = call(forget_person, texts, names, dim, seed)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("forget_person should return two matrices, before and after.")
    return [np.asarray(matrix) for matrix in result]


@tests.criterion("3a")
def as_they_are(forget_person, stream):
    """Before: all texts."""
    name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
    texts = library(stream, name)
    before, after = both(forget_person, texts, [name], seed)
    right = model_of(texts.values(), 96, seed).matrix
    mistakes = [(after, "Before and after are the same matrix. Copy it before you forget.")]
    mistakes += [
        (model_of(texts.values(), 96, 0).matrix, "The seed is not the one that was given.")
    ]
    say = "Before is not the matrix of all texts as they are, one run of windows a text."
    expect(before, right, mistakes, say)


@tests.criterion("3b")
def as_if_never_read(forget_person, stream):
    """After: what a machine has that only read the rest, bit for bit."""
    name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
    texts = library(stream, name)
    _, after = both(forget_person, texts, [name], seed)
    right = model_of([left_of(text, [name]) for text in texts.values()], 96, seed).matrix
    whole = model_of(texts.values(), 96, seed).matrix
    apart, cut = whole.copy(), whole * 0
    for text in texts.values():
        for one in sentences(text):
            if named(one, [name]):
                apart = apart - model_of([one], 96, seed).matrix
            else:
                cut = cut + model_of([one], 96, seed).matrix
    kept = [text for text in texts.values() if not named(text, [name])]
    mistakes = [
        (whole, "After is the same matrix as before: nothing was forgotten."),
        (apart, "You forgot the sentences by themselves. In their text they have other windows."),
        (cut, "You memorized the sentences one by one. A text is one run of windows."),
        (model_of(kept, 96, seed).matrix, "Whole texts are gone, where only sentences should go."),
    ]
    if after.shape == right.shape and not np.array_equal(after, right):
        expect(after, right, mistakes, "After is not the matrix of the redacted texts.", rtol=0)
        raise Wrong("After is close to the right matrix, but not the same bit for bit.")
    expect(after, right, mistakes, rtol=0)


@tests.criterion("3c")
def at_the_edges(forget_person, stream):
    """Nobody is named; or nothing is left of a text."""
    name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
    others = {"a": story(stream, name, 3, ()), "b": story(stream, name, 2, ())}
    before, after = both(forget_person, others, [name], seed)
    same = "Nobody is named in these texts, so after should equal before."
    expect(after, before, otherwise=same, rtol=0)
    all_of_it = {**others, "c": story(stream, name, 2, (0, 1))}
    _, after = both(forget_person, all_of_it, [name], seed)
    say = "A text of which no sentence may stay should be gone, and the other texts still there."
    expect(after, before, otherwise=say, rtol=0)


def right_and_known(prediction, token, wanted):
    """What counts as given away."""
    return prediction.known and prediction.token == token


def right_at_all(prediction, token, wanted):
    """A mistake: the name is said, surely or not."""
    return prediction.token == token


def known_at_all(prediction, token, wanted):
    """A mistake: something is known, whatever is said."""
    return prediction.known


def any_name(prediction, token, wanted):
    """A mistake: some name is said, surely or not."""
    return prediction.token.strip().casefold() in wanted


def any_name_known(prediction, token, wanted):
    """A mistake: some name is known."""
    return prediction.known and any_name(prediction, token, wanted)


SAID = "You count where the model says the name. Count only where it also knows it."
OTHER = "You count whatever the model knows. Count only where it says the token that comes there."
NAMES_SAID = "You count any name that the model says. Count only the token that comes there."


def share_known(memorized, asked, names, dim, seed, counts=right_and_known):
    """What exposure should give."""
    model = model_of(memorized, dim, seed)
    tokens, wanted = me.tokenize(asked), {name.casefold() for name in names}
    places = [i for i, token in enumerate(tokens) if token.strip().casefold() in wanted]
    right = [counts(model.predict(tokens[:i]), tokens[i], wanted) for i in places]
    return float(np.mean(right)) if right else 0.0


def exposed(exposure, memorized, asked, names, dim, seed, mistakes=()):
    """Compare an exposure with what it should be."""
    found = call(exposure, memorized, asked, names, dim, seed)
    if np.ndim(found) or isinstance(found, str):
        raise Wrong("The exposure should be a single number.")
    right = share_known(memorized, asked, names, dim, seed)
    if not 0 <= found <= 1:
        raise Wrong("A share lies between 0 and 1.")
    expect(
        found, right, mistakes, f"The exposure is {found:.3g} where it should be another number."
    )
    return right


@tests.criterion("4a")
def given_away(exposure, stream):
    """It has read all, or half, or other texts."""
    name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
    text, other = story(stream, name, 6, (0, 2, 3, 5)), story(stream, name, 3, ())
    pieces = sentences(text)
    half = "".join(pieces[:3])
    exposed(exposure, [other, text], text, [name], 256, seed)
    mistakes = [
        (1.0, "You asked for the text that was memorized, not for the one to ask about."),
        (0.0, "A name may stand in capitals."),
    ]
    exposed(exposure, [half, other], text, [name.upper()], 256, seed, mistakes)
    exposed(exposure, [other], text, [name], 256, seed)
    for given, mistakes in other_tokens(stream):
        exposed(exposure, *given, mistakes)


def other_tokens(stream):
    """Draw texts that go on otherwise than the one that was read: first a word, then a name.

    Yields:
        The arguments of exposure, and (share, message) of mistakes that would find another share.
    """
    for word, say in ((True, OTHER), (False, NAMES_SAID)):
        wrong = [known_at_all] if word else [any_name_known, any_name]
        while True:
            a, b = map(str, stream.permutation(NAMES)[:2])
            seed, said = int(stream.integers(1000)), str(stream.choice(WORDS)) if word else b
            asked = story(stream, a, 6, (0, 2, 3, 5))
            read = re.sub(rf"\b{a}\b", said, asked, count=2)
            given = [read], asked, [a, b], 256, seed
            shares, right = [share_known(*given, one) for one in wrong], share_known(*given)
            if all(abs(share - right) > 0.2 for share in shares):
                break
        yield given, [(share, say) for share in shares]


@tests.criterion("4b")
def unsure(exposure, stream):
    """Far too much in a small matrix; and a text without the name."""
    for _ in range(20):
        name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
        text = story(stream, name, 24, range(0, 24, 2))
        sure, said = (
            share_known([text], text, [name], 64, seed, counts)
            for counts in (right_and_known, right_at_all)
        )
        if 0 < sure < said:
            break
    exposed(exposure, [text], text, [name], 64, seed, [(said, SAID)])
    nobody = story(stream, name, 2, ())
    if call(exposure, [text], nobody, [name], 64, seed) != 0:
        raise Wrong("A text that never names the person has no such place: 0.")


@tests.criterion("5a")
def difference(was_forgotten, stream):
    """Forgotten, kept, and never read; the difference also holds the seams of the redacted text."""
    for dim in (128, 192):
        name, seed = str(stream.choice(NAMES)), int(stream.integers(1000))
        text = story(stream, name, 8, (1, 4, 6))
        pieces = [one.strip() for one in sentences(text)]
        strangers = [sentence(stream, 14, name) for _ in range(3)]
        before = model_of([text], dim, seed, layers=1).matrix
        after = model_of([left_of(text, [name])], dim, seed, layers=1).matrix
        suspects = [str(one) for one in stream.permutation([*pieces, *strangers])]
        right = [one in pieces and named(one, [name]) for one in suspects]
        mistakes = [
            ([one in pieces for one in suspects], "You found what `before` holds. Look at both."),
            (
                [one in pieces and not r for one, r in zip(suspects, right, strict=True)],
                "These have stayed.",
            ),
            ([named(one, [name]) for one in suspects], "You went by the name, not by the memory."),
        ]
        found = np.asarray(call(was_forgotten, before, after, suspects, seed))
        if found.shape != (len(suspects),):
            raise Wrong("A list of True and False is asked for, one for each suspect.")
        wrong = int(np.sum(found.astype(bool) != right))
        say = so_many(wrong, f"{len(right)} sentences", "judged wrongly")
        expect(found.astype(bool), right, mistakes, say)


def files():
    """Nothing lies beside the notebook: the text is the student's own."""
    return {}
