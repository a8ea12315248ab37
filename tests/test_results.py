"""How answers show themselves: right, escaped, well formed, and not by colour alone."""

from html.parser import HTMLParser

import numpy as np
import pytest

import memo_edu as me
from memo_edu.results import show_table, show_token

EVIL = "<script>alert('tea & \"cup\"')</script>"
VOID = {"br", "hr", "img", "input", "meta"}


class Page(HTMLParser):
    """Parses strictly: every tag is closed in its order; keeps text, tags and attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.words, self.wrong = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if "u" in self.open:
            self.wrong.append(data)

    @property
    def text(self):
        return "".join(self.words)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def prediction(**changes):
    known = dict(token=" tea", score=2.9, candidates=[(" tea", 2.9), (EVIL, 0.1)], p_noise=1e-9)
    return me.Prediction(**{**known, **changes})


def recall(correct=(True, False, True)):
    tokens, answers = ["Hot", EVIL, " is\n"], ["Hot", ' cup"', " is\n"]
    return me.Recall(np.array(correct), tokens, answers)


def explanation():
    votes = np.array([[1.0, 0.25], [0.5, -0.5]])
    return me.Explanation([(EVIL, 1.5), (" cup", -0.25)], votes, [["Hot", " tea"], None])


def taught():
    model = me.MeMo(64, 2, 2, "binding", backend="numpy")
    model.memorize("The tea is hot. " + EVIL, EVIL)
    return model


SHOWN = {
    "prediction": prediction(),
    "recall": recall(),
    "explanation": explanation(),
    "model": taught(),
    "answer": taught().predict(EVIL),
    "reason": taught().explain("The tea"),
    "measure": taught().recall("The tea is cold. " + EVIL),
    "ids": me.Recall(np.array([False]), [7], [9]),
    "nothing known": me.Recall(np.array([False, False]), ["tea", " cup"], [None, None]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_well_formed_and_escaped(name):
    page = Page(SHOWN[name]._repr_html_())
    tags = {tag for tag, _ in page.tags}
    table = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert tags <= table | {"div", "p", "b", "u"}


@pytest.mark.parametrize("name", ["prediction", "recall", "explanation", "model"])
def test_html_shows_what_was_escaped(name):
    # In tables white space is made visible.
    text = Page(SHOWN[name]._repr_html_()).text.replace("·", " ")
    assert EVIL in text


def test_prediction():
    assert repr(prediction()) == "Prediction(' tea', score 2.90, p_noise 1e-09, known)"
    assert "not known" in repr(prediction(p_noise=0.5))
    assert prediction(p_noise=0.0099).known
    assert not prediction(p_noise=0.01).known
    assert "remembered" in prediction()._repr_html_()
    assert "never read" in prediction(p_noise=0.5)._repr_html_()
    page = Page(prediction()._repr_html_())
    assert len(page.all("td")) == 4
    assert "·tea" in page.words


def test_explanation():
    assert explanation().token == EVIL
    assert repr(explanation()) == f"Explanation({EVIL!r}: 1.00 + 0.50 = 1.50)"
    page = Page(explanation()._repr_html_())
    assert [word for word in page.words if "layer" in word][1:] == ["layer 1", "layer 2"]
    assert len(page.all("td")) == 2 * (1 + 2 + 1)
    assert "layer 1 saw: Hot tea" in page.text
    assert "layer 2 saw: (its window did not fit)" in page.text


def test_recall():
    assert recall().accuracy == pytest.approx(2 / 3)
    assert isinstance(recall().accuracy, float)
    assert recall().wrong == [(1, EVIL, ' cup"')]
    assert repr(recall()) == "Recall(0.667: 2 of 3 tokens)"
    assert recall((False,) * 3).accuracy == 0
    assert [place for place, _, _ in recall((False,) * 3).wrong] == [0, 1, 2]


def test_recall_marks_wrong_tokens_and_only_these_with_more_than_colour():
    page = Page(recall()._repr_html_())
    assert page.wrong == [EVIL]
    (mark,) = page.all("u")  # a tag: JupyterLab takes styles of text out of what it does not trust
    assert mark["title"] == 'predicted: ·cup"'
    assert "underlined" in page.text  # and it is said what the mark means
    assert page.text.endswith("Hot" + EVIL + " is\n")  # white space stays
    assert "white-space:pre-wrap" in recall()._repr_html_()


def test_recall_of_a_text_marks_what_the_model_gets_wrong():
    model = me.MeMo(1024, 2, 2, "binding", backend="numpy")
    model.memorize("The tea is hot. The cup is red.")
    found = model.recall("The tea is cold. The cup is red.")
    assert " cold" in Page(found._repr_html_()).wrong
    assert (3, " cold", " hot") in [(i + 1, token, answer) for i, token, answer in found.wrong]


def test_model_lists_its_texts():
    model = taught()
    model.memorize("A ship sails.", "ship")
    page = Page(model._repr_html_())
    assert len(page.all("tr")) == 3
    assert "ship" in page.words
    assert "4" in page.words
    assert repr(model).startswith("MeMo(dim=64, heads=2, layers=2, encoder='binding': 2 texts, ")


@pytest.mark.parametrize(
    ("token", "shown"), [(" tea", "·tea"), ("\n\t", "⏎⇥"), (7, "7"), (None, "None"), ("", "")]
)
def test_white_space_of_a_token_can_be_seen(token, shown):
    assert show_token(token) == shown


def test_table_is_escaped_everywhere():
    page = Page(show_table([EVIL], [[EVIL], [EVIL]], EVIL))
    assert page.words == [EVIL] * 4
    assert [len(page.all(tag)) for tag in ("table", "th", "tr", "td")] == [1, 1, 3, 2]
