"""The page of symbols and words: what it names is where it says, in chapters and in code."""

import functools
import importlib
import inspect
import re
import unicodedata
from pathlib import Path
from statistics import NormalDist

import pytest

import memo_edu as me
from memo_edu import theory

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PAGE = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
SOURCES = {file.name[:2]: file for file in sorted((NOTEBOOKS / ".source").glob("[0-9][0-9]-*.md"))}
TEXTS = {number: file.read_text(encoding="utf-8") for number, file in SOURCES.items()}


def table(title):
    """The rows of a section: lists of cells, the first without its asterisks."""
    lines = PAGE.split(f"## {title}\n\n")[1].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    head, _, *body = rows
    assert all(len(row) == len(head) for row in body)
    return [[re.match(r"\*\*(.+?)\*\*", row[0])[1], *row] for row in body]


SYMBOLS, SIGNS, WORDS = (table(title) for title in ("Symbols", "Signs", "Words"))
ROWS = [(row[0], row[-1].strip("[]")) for row in SYMBOLS + SIGNS + WORDS]


@functools.cache
def plain(number):
    """A chapter's text without asterisks and line breaks, with dots and λ as the page has them."""
    text = TEXTS[number].replace("*", "").replace(r"\dots", "…").replace(r"\lambda", "λ")
    return re.sub(r"\s+", " ", text)


def occurs(name, text):
    """Whether a symbol or word stands in a text by itself; a word may have an ending."""
    before, after = r"(?<![\w'])" * name[0].isalnum(), r"(?!\w)" * name[-1].isalnum()
    if len(name) < 4:
        return re.search(before + re.escape(name) + after, text) is not None
    stem = re.escape(name.removesuffix("y")) + "(?:y|ie)" * name.endswith("y")
    return re.search(f"{before}{stem}(?:s|d|ed|ing)?{after}", text, re.IGNORECASE) is not None


def in_bold(name, number):
    found = re.findall(r"\*\*([^*]+)\*\*", TEXTS[number])
    return any(occurs(name, words) and len(words) < len(name) + 3 for words in found)


@pytest.mark.parametrize(("name", "number"), ROWS)
def test_it_stands_in_the_chapter_that_is_named(name, number):
    text = plain(number)
    if name == "A":  # in running text that is an article
        text = " ".join(re.findall(r"\$\$[^$]+\$\$", text))
    assert occurs(name, text), f"{name} is not in chapter {number}"


@pytest.mark.parametrize("name", sorted({name for name, _ in ROWS}))
def test_no_earlier_chapter_introduces_it(name):
    """Chapters put in bold what is new; some say it again, for readers who left one out."""
    first = min(number for other, number in ROWS if other == name)
    earlier = [number for number in TEXTS if number < first and in_bold(name, number)]
    assert earlier == [], f"{name} is introduced in chapter {earlier}, not in {first}"


def test_every_symbol_that_a_chapter_introduces_has_a_row():
    symbol = r"\*\*([^\W\d_](?:_\w+)?⁺?|⊙)\*\*"
    introduced = {(name, number) for number in TEXTS for name in re.findall(symbol, TEXTS[number])}
    assert len(introduced) > 50
    named = {row[0] for row in SYMBOLS + SIGNS}
    assert {(name, number) for name, number in introduced if name not in named} == set()


def test_every_chapter_is_linked_and_every_link_is_a_notebook():
    links = dict(re.findall(r"^\[(\d\d)\]: (.+)$", PAGE, re.MULTILINE))
    assert links == {number: f"{file.stem}.ipynb" for number, file in SOURCES.items()}
    assert all((NOTEBOOKS / name).is_file() for name in links.values())
    assert {number for _, number in ROWS} <= links.keys()


def alphabetic(row):
    """What a row is sorted by: letters, without case; Greek ones by their names."""
    letters = []
    for character in row[0].casefold():
        name = unicodedata.name(character, "")
        greek = re.fullmatch(r"GREEK SMALL LETTER (?:FINAL )?(\w+)", name)
        spelled = {"LAMDA": "lambda"}.get(greek[1], greek[1].lower()) if greek else character
        letters.append(spelled if spelled.isalnum() else "")
    return "".join(letters)


@pytest.mark.parametrize("rows", [SYMBOLS, WORDS], ids=["symbols", "words"])
def test_rows_are_in_alphabetic_order(rows):
    names = [alphabetic(row) for row in rows]
    assert names == sorted(names)
    assert len(rows) > 50


def test_no_word_and_no_meaning_comes_twice():
    words = [row[0].casefold() for row in WORDS]
    assert len(words) == len(set(words))
    meanings = [(row[0], row[2]) for row in SYMBOLS]
    assert len(meanings) == len(set(meanings))


# ---- Names in code ---------------------------------------------------------------------------

SMALL = {
    "MeMo": lambda: me.MeMo(16, 2, 2, backend="numpy"),
    "ProjectionEncoder": lambda: me.ProjectionEncoder(16, 2, 2, backend="numpy"),
    "BindingEncoder": lambda: me.BindingEncoder(16, 2, 2, backend="numpy"),
    "Prediction": lambda: me.Prediction("tea", 1.0, [("tea", 1.0)], 0.5),
    "CorrelationMatrixMemory": lambda: me.CorrelationMatrixMemory(2, 2, "numpy"),
    "IntermediateMemories": lambda: importlib.import_module(
        "memo_edu.intermediate"
    ).IntermediateMemories(SMALL["ProjectionEncoder"](), 0.5, False),
}
CODE = sorted({name for row in SYMBOLS + SIGNS for name in re.findall(r"`(.+?)`", " ".join(row))})


def look_up(name):
    """The thing that a name in code means, an attribute of a small object if need be."""
    first, *rest = name.split(".")
    if rest and first in SMALL:
        thing = SMALL[first]()
    elif first in dir(me):
        thing = getattr(me, first)
    else:
        thing = importlib.import_module(f"memo_edu.{first}")
    for part in rest:
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("name", CODE)
def test_a_name_in_code_exists(name):
    thing, parameter = re.fullmatch(r"([\w.]+)(?:\((\w+)\))?", name).groups()
    found = look_up(thing)
    if parameter:
        assert parameter in inspect.signature(found).parameters


# ---- What it says ----------------------------------------------------------------------------


def test_numbers_are_those_of_the_library():
    pairs = theory.capacity(4096, 4096, 100_000)
    z = 1 / theory.noise(pairs, 4096, 4096, vocab_size=100_000)
    assert f"is {z:.2f} for p = 0.9, V = 100,000" in PAGE
    t = NormalDist().inv_cdf(0.99 ** (1 / 2215))
    assert f"{t:.2f} for V = 2,215 and 1 %" in PAGE


def test_formulas_hold_no_sign_that_would_end_a_cell_or_be_eaten():
    formulas = re.findall(r"\$(.+?)\$", PAGE)
    assert len(formulas) > 40
    for formula in formulas:
        assert not re.search(r"\||\\[,;{}!\\]|[*`<]", formula), formula
        assert formula.count("{") == formula.count("}"), formula
        assert formula == formula.strip()
    assert PAGE.count("$") == 2 * len(formulas)


def test_chapter_00_and_the_readme_lead_here():
    for notebook in (NOTEBOOKS / "00-welcome.ipynb", NOTEBOOKS / "solutions" / "00-welcome.ipynb"):
        (link,) = re.findall(r"\]\((\S*GLOSSARY\.md)\)", notebook.read_text(encoding="utf-8"))
        assert (notebook.parent / link).samefile(NOTEBOOKS / "GLOSSARY.md")
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    assert "(notebooks/GLOSSARY.md)" in readme
