"""Every number in the text of a chapter has its source beside it.

A number in a markdown cell, or in the alt text of a figure, must be

- printed by a cell of its section or of the one before, rounded or in full;
- or asserted there, or written there in code: a parameter such as d = 1024;
- or worked out on the spot, and rightly: "2 × 3 = 6";
- or published, in a sentence that says so, and then it is one of PUBLISHED;
- or a reference: to a chapter, an exercise, a layer, a year (see REFERENCES).

What opens or closes a chapter may speak of all of it; a paragraph that names sections, like
("How many words fit?"), speaks of these alone. Numbers are also words from eleven on, and
shares like "one in ten". Formulas and code in the text are definitions and left out.
"""

import ast
import operator
import re
from fractions import Fraction
from functools import cache
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
CHAPTERS = {path.stem: path for path in sorted((ROOT / "notebooks/solutions").glob("*.ipynb"))}

# Section 4 of Zanzotto et al. 2025, and the tables that its authors released; two older results.
PUBLISHED = {
    "one layer: V, pairs in a batch, and the mean recall at which it stops": "100,000 1,000 0.9",
    "one layer: h": "2 4 8 16 32",
    "one layer: numbers of a token, t": "16 32 128 256",
    "one layer: numbers of a key or a value": "32 256 512 1,024 2,048 4,096 8,192",
    "one layer: pairs": "4,000 8,000 16,000 31,000 126,000 484,000 495,000 1,841,000",
    "many layers: h, l, rows, tokens in a row, V": "4 1 2 3 30 1,024 50,277",
    "many layers: iterations": "1 2 3 10",
    "many layers: d, decoys": "1,024 2,048 4,096 8,192 0 20 40",
    "many layers: tokens after 1, 2, 3 and 10 iterations": "30,720 61,440 92,160 307,200",
    "d = 1,024, no decoys, 30,720 tokens": "0.801 0.837 0.841",
    "d = 1,024, no decoys, 61,440 tokens": "0.283 0.321 0.341",
    "d = 2,048, no decoys, 92,160 tokens": "0.940 0.952 0.943",
    "d = 1,024, 20 decoys, 30,720 tokens": "0.154 0.343 0.501",
    "d = 2,048, 20 decoys, 30,720 tokens, l = 3": "0.956",
    "d = 4,096, 20 decoys, 307,200 tokens": "0.386 0.702 0.826",
    "d = 8,192, 20 decoys, 307,200 tokens": "0.920 0.958 0.956",
    "d = 8,192, 40 decoys, 307,200 tokens": "0.206 0.538 0.826",
    "Amit, Gutfreund and Sompolinsky 1985: patterns of a Hopfield network, by d": "0.138",
    "Willshaw, Buneman and Longuet-Higgins 1969: bits per number, ln 2": "0.69",
}
SAYS_PUBLISHED = re.compile(r"[Pp]ublished|(?<!on )(?<!On )\bpaper\b|\b19\d\d\b")

# These may speak of all of the chapter.
WHOLE_CHAPTER = ("", "What you built", "Common misconceptions", "Further", "Where to go on")

# (chapter, the number as written, why it needs no source); an entry that nobody needs fails.
ALLOWED = [
    ("03", "10,000", "advice: any large number of draws would do"),
    ("07", "95", "the band that plots.theory_over_measurement draws"),
    ("08", "thirty", "any number of tokens"),
    ("10", "forty", "the lines of the reader's own model, roughly"),
]

REFERENCES = {
    "code": r"`[^`]*`",
    "formula": r"\$\$?(?:(?!\d\.\d)[^$])*\$\$?",
    "name": r"\b[A-Za-z]\w*\d\w*",  # E12, float32
    "header": r"\*\*You need\*\*[^★]*\*\*Difficulty\*\*",
    "row": r"(?<= \| )\d\d(?:, \d\d)*(?= \| [a-z])",  # a table's cell that names chapters
    "chapter": r"^# \d\d\.|[Cc]hapters? \d\d(?:(?:,|,? and| or| to) \d\d)*\b|\*\*Next: \d\d\.",
    "exercise": r"\b(?:[Ee]xercise|answer to|For|work on|row of) \d{1,2}\.[1-5]\b",
    "layer": r"[Ll]ayers?[ -][1-5](?:, [1-5])*(?:,? (?:and|or) [1-5])?\b",
    "step": r"^\d\. ",
    "year": r"(?<=[\w.,] )(?:19|20)\d\d\b",
    "volume": r"(?<=Computation )\d+(?=:)|(?<=Networks )\d+(?=:)",
}

ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ONES += ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
ONES += ["eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: number for number, word in enumerate(ONES, 1)}
WORDS |= {word: 10 * number for number, word in enumerate(TENS, 2)}
WORDS |= {f"{tens}-{one}": WORDS[tens] + WORDS[one] for tens in TENS for one in ONES[:9]}
WORDS |= {"a hundred": 100, "a thousand": 1000}
VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def one_of(words):
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<!\d)\.\d+"
VALUE = rf"(?:\d+/\d+|\d*[{''.join(VULGAR)}]|\d+[⁰¹²³⁴⁵⁶⁷⁸⁹]+|{DIGITS})"
NUMBER = re.compile(rf"(?<![\w.,])(?:{VALUE})(?: ?%| million| thousand)?")
PRINTED = re.compile(rf"(?<![\w.])(?:{DIGITS})(?:e[-+]\d+|%| million)?")
ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
LARGE = re.compile(rf"\b{one_of(word for word in WORDS if 10 < WORDS[word] < 100)}\b", re.I)
SHARE = re.compile(
    rf"\b({one_of(WORDS)})(?: [a-z]+)? in ({one_of(word for word in WORDS if WORDS[word] > 3)})\b",
    re.I,
)
SUM = rf"\(*{VALUE}(?:\)* [+−·×] \(*{VALUE})+\)*(?:/\d+)?"
EQUATION = re.compile(rf"({SUM}|\d+[⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?: [a-z])? [=≈] ({VALUE})")
# Before a round number: its zeros, or the fraction, are not meant to the last digit.
ROUGHLY = re.compile(
    r"\b(?:about|near|nearly|almost|some|give or take|more than|less than|up to) $", re.I
)


def value_of(text):
    """Return (value, decimals) of a number as it is written; decimals None if it is exact."""
    text, unit = re.fullmatch(r"(.*?) ?(%|million|thousand|e[-+]\d+)?", text).groups()
    if whole := re.fullmatch(rf"(\d*)([{''.join(VULGAR)}])", text):
        return int(whole[1] or 0) + Fraction(VULGAR[whole[2]]), None
    if power := re.fullmatch(r"(\d+)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text):
        return Fraction(int(power[1])) ** int(power[2].translate(RAISED)), None
    if "/" in text:
        return Fraction(text), None
    shift = {"%": -2, "million": 6, "thousand": 3, None: 0}.get(unit)
    shift = int(unit[1:]) if shift is None else shift
    text = text.replace(",", "")
    return Fraction(text) * Fraction(10) ** shift, len(text.partition(".")[2]) - shift


class Source:
    """The numbers that a section prints, asserts, and has in its code."""

    def __init__(self, parts=()):
        self.printed = set().union(*(part.printed for part in parts))
        self.asserted = set().union(*(part.asserted for part in parts))
        self.code = set().union(*(part.code for part in parts))
        self.solved = set().union(*(part.solved for part in parts))

    def read(self, tree, outputs):
        """Take in a code cell."""
        self.code |= constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) or called(node).startswith("assert"):
                self.asserted |= constants(node)
        for output in outputs:
            data = output.get("data", {})
            text = output.get("text", "") + data.get("text/plain", "") + data.get("text/html", "")
            found = PRINTED.findall(re.sub(r"<[^>]*>", " ", text))
            self.printed |= {value_of(number) for number in found}

    def of(self, text, roughly=False):
        """Say where a number of the prose comes from, or return None."""
        value, decimals = value_of(text)
        if roughly and decimals == 0:
            decimals = -len(re.search("0*$", str(value))[0])
        if any(agree(found, value, decimals, roughly) for found in self.printed):
            return "printed"
        if "/" in text and {value_of(part) for part in text.split("/")} <= self.printed:
            return "printed"
        if value in self.asserted:
            return "asserted"
        if value in self.code:
            return "code"
        return "worked out" if value in self.solved else None

    def of_share(self, share):
        """The same for words: "one in ten", said of a recall of 0.88."""
        near = Fraction(1, 3 * share.denominator)
        printed = [p for p, decimals in self.printed if decimals]
        if any(abs(p - s) <= near for p in printed for s in (share, 1 - share)):
            return "printed"
        return "code" if {share, 1 - share} & self.code else None


def agree(printed, value, decimals, roughly=False):
    """Tell whether a printed number, rounded as the prose rounds, is the prose's."""
    found, places = printed
    if found == value:
        return True
    if decimals is None:  # a fraction: ¾ may be printed as 0.75
        error = Fraction(1, 20) if roughly else Fraction(10) ** -places / 2
        return places >= 2 and abs(found - value) <= error
    unit = Fraction(10) ** -decimals
    coarse = value < 10 * unit and not roughly  # a single digit is quoted as it is printed
    return places > decimals and not coarse and abs(found - value) <= unit / 2


def solve(equation):
    """Tell whether an equation such as "2 × 3 = 6" is right."""
    left = equation[1]
    if left.count("(") > left.count(")"):
        left = left.removeprefix("(")  # one that opens a remark
    left = re.sub(VALUE, lambda m: f"Fraction('{value_of(m.group())[0]}')", left)
    left = eval(left.translate(str.maketrans("−·×", "-**")))
    right, decimals = value_of(equation[2])
    return agree((left, 99), right, decimals, roughly=decimals is not None)


def called(node):
    """Return the name of the function that is called, without its module."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", ""))


def computed(node):
    """Return the value of a number in code, or of arithmetic such as 3 / 16; else None."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(str(node.value))
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        left, right = computed(node.left), computed(node.right)
        if None not in (left, right):
            return Fraction(ARITHMETIC[type(node.op)](left, right))
    return None


def constants(tree):
    """Return the numbers in code, but for tolerances, which are told by no one."""
    nodes = list(ast.walk(tree))
    tolerances = {id(node.value) for node in nodes if getattr(node, "arg", "") in ("atol", "rtol")}
    return {computed(node) for node in nodes if id(node) not in tolerances} - {None}


def alt_texts(tree):
    """Return what the figures of a code cell say to those who can't see them."""
    shown = [node for node in ast.walk(tree) if called(node) == "show"]
    return [ast.unparse(text) for node in shown for text in node.args[1:]]


def blocks(text):
    """Cut a text into headings, paragraphs, list items and tables, each on one line."""
    return [
        " ".join(block.split()) for block in re.split(r"\n[>\s]*\n|\n(?=(?:> )?(?:-|\d\.) )", text)
    ]


@cache
def cells_of(name):
    return nbformat.v4.reads(CHAPTERS[name].read_text(encoding="utf-8")).cells


@cache
def read(name):
    """Return [(title of the section, prose)] of a chapter, and {title: Source}, in order."""
    prose, sources, section = [], {"": Source()}, ""
    for cell in cells_of(name):
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            sources[section].read(tree, cell.outputs)
            prose += [(section, text) for text in alt_texts(tree)]
            continue
        for block in blocks(cell.source):
            if heading := re.match(r"## (.*)", block):
                section = heading[1]
                sources.setdefault(section, Source())
            prose.append((section, block))
            for equation in filter(solve, EQUATION.finditer(block)):
                values = re.findall(VALUE, equation.group())
                sources[section].solved |= {value_of(value)[0] for value in values}
    return prose, sources


def beside(section, block, sources, chapter):
    """Return the source that a block of prose may draw on."""
    titles = list(sources)
    names = re.findall(r'"([^"]+)"', " ".join(re.findall(r'\("[^)]*"\)', block)))
    if named := [title for title in titles for name in names if title.startswith(name)]:
        return Source([sources[title] for title in (section, *named)])
    if section in WHOLE_CHAPTER:
        return chapter
    at = titles.index(section)
    return Source([sources[title] for title in titles[max(0, at - 1) : at + 1]])


def sentence_at(text, place):
    ends = [m.end() for m in re.finditer(r"[.?!][)*\"]* |$", text)]
    start = max([0, *(end for end in ends if end <= place)])
    return text[start : min(end for end in ends if end > place)].strip()


def numbers(block, near, chapter):
    """Yield (number, its sentence, where it comes from or None) for a block of prose."""
    text = block

    def take(pattern, origin):
        nonlocal text
        found = list(re.finditer(pattern, text))
        text = re.sub(pattern, lambda match: " " * len(match.group()), text)
        return [(m.group().strip(), sentence_at(block, m.start()), origin(m)) for m in found]

    def find(match):
        word = match.group()
        number = str(WORDS.get(word.lower(), word))
        value, _ = value_of(number)
        source = chapter if value in range(10) else near
        roughly = near is not chapter and bool(ROUGHLY.search(block[: match.start()]))
        if origin := source.of(number, roughly):
            return origin
        says = SAYS_PUBLISHED.search(sentence_at(block, match.start()))
        return "published" if says and value in published_values() else None

    def find_share(match):
        count, of = (WORDS[word.lower()] for word in match.groups())
        return near.of_share(Fraction(count, of))

    for kind, pattern in REFERENCES.items():
        yield from take(pattern, lambda _, kind=kind: kind)
    yield from take(EQUATION, lambda match: "worked out" if solve(match) else None)
    yield from take(SHARE, find_share)
    yield from take(LARGE, find)
    yield from take(NUMBER, find)


@cache
def published_values():
    return {value_of(word)[0] for words in PUBLISHED.values() for word in words.split()}


@cache
def numbers_of(name, right="", wrong=""):
    """Return the numbers of a chapter, or of its blocks with a text that is changed."""
    prose, sources = read(name)
    chapter = Source(sources.values())
    return [
        found
        for section, block in prose
        if right in block
        for found in numbers(
            block.replace(right, wrong) if right else block,
            beside(section, block, sources, chapter),
            chapter,
        )
    ]


def without_source(name, *change):
    """List the numbers that have no source, each with its sentence."""
    allowed = {number for chapter, number, _ in ALLOWED if name.startswith(chapter)}
    return [
        f"{name}: {number!r} is not printed or asserted beside “{sentence}”"
        for number, sentence, origin in numbers_of(name, *change)
        if origin is None and number not in allowed
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_number_has_its_source_beside_it(name):
    missing = without_source(name)
    assert not missing, "\n".join(missing)


def test_allowed_numbers_are_needed():
    for chapter, number, _ in ALLOWED:
        (name,) = [name for name in CHAPTERS if name.startswith(chapter)]
        assert (number, None) in [(n, origin) for n, _, origin in numbers_of(name)], number


@pytest.mark.parametrize(
    ("chapter", "right", "wrong"),
    [
        ("01", "overlapped by 0.169", "overlapped by 0.196"),
        ("02", "303 of 303 pairs right", "303 of 330 pairs right"),
        ("03", "promises 1.43 times", "promises 1.53 times"),
        ("03", "published 31,000 for", "published 13,000 for"),
        ("04", "15 of 16 places", "14 of 16 places"),
        ("05", "31 of the 36 mistakes", "31 of the 35 mistakes"),
        ("07", "to 67 million", "to 76 million"),
        ("09", "7 + 5 + 1 = 13 pairs", "7 + 5 + 1 = 14 pairs"),
        ("11", "less than six in ten", "less than nine in ten"),
        ("12", "was 0.48 in place of", "was 0.49 in place of"),
        ("13", "30,720 tokens", "37,020 tokens"),
        ("14", "nineteen in twenty", "thirteen in twenty"),
        ("15", "4 · 3 · 2 · 1 = 24 orders", "4 · 3 · 2 · 1 = 42 orders"),
    ],
)
def test_a_changed_number_is_noticed(chapter, right, wrong):
    (name,) = [name for name in CHAPTERS if name.startswith(chapter)]
    assert any(right in block for _, block in read(name)[0]), "choose another number"
    assert any(
        message.startswith(name) and wrong in message
        for message in without_source(name, right, wrong)
    )


def test_references_lead_somewhere():
    known = {name[:2] for name in CHAPTERS}
    exercises = {
        number
        for name in CHAPTERS
        for _, block in read(name)[0]
        for number in re.findall(r"^### Exercise (\d+\.\d)", block)
    }
    assert len(exercises) > 50
    for name in CHAPTERS:
        for number, sentence, origin in numbers_of(name):
            if origin == "chapter":
                assert set(re.findall(r"\d\d", number)) <= known, f"{name}: {sentence}"
            if origin == "exercise":
                assert number.split()[-1] in exercises, f"{name}: {sentence}"


def test_published_figures_in_code_are_published():
    """Of dictionaries called `published`, and of lines that print a figure as published."""
    found = set()
    for name in CHAPTERS:
        for cell in cells_of(name):
            if cell.cell_type == "code":
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Assign) and ast.unparse(node.targets) == "published":
                        found |= constants(node.value)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        said = re.findall(rf"(?:published.*: |paper )({DIGITS})", node.value)
                        found |= {value_of(number)[0] for number in said}
    assert len(found) > 30
    assert found <= published_values()


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_published_figures_of_the_readme_are_published():
    table = README.split("**The paper's experiments**")[1].split("**Beyond the paper**")[0]
    cells = [line.split("|")[2] for line in table.splitlines() if line.startswith("|")][2:]
    cells += re.findall(r"\(published ([^)]*)\)", README)
    figures = [number for cell in cells for number in re.findall(DIGITS, cell)]
    assert len(figures) > 12
    assert {value_of(number)[0] for number in figures} <= published_values()


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_readme_says_how_long_a_chapter_takes(name):
    (header,) = [block for _, block in read(name)[0] if "**Time**" in block]
    minutes = re.findall(r"\d+", header.split("**Time**")[1].split("**Difficulty**")[0])
    (row,) = [line for line in README.splitlines() if f"(notebooks/{name}.ipynb)" in line]
    assert row.split("|")[4].strip().split(" + ") in (minutes, minutes[:1])
    assert row.split("|")[5].strip() == header.split("**Difficulty**")[1].strip()
