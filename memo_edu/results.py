"""What a model answers, and how an answer shows itself in a notebook."""

import html
from dataclasses import dataclass, field

import numpy as np

WRONG = "background:#d55e0033"

# A score is taken for a memory if noise would reach it less often than this.
SURE = 0.01


def show_token(token):
    """Write a token so that its white space can be seen."""
    return str(token).replace("\n", "⏎").replace(" ", "·").replace("\t", "⇥")


@dataclass(frozen=True)
class Prediction:
    """The token that a model expects next.

    Attributes:
        token: the best candidate.
        score: its score: about 1 for each layer that remembers the window.
        candidates: [(token, score) …], best first.
        p_noise: probability that noise alone would score so high.
    """

    token: object
    score: float
    candidates: list = field(repr=False)
    p_noise: float

    @property
    def known(self):
        """Whether noise can't explain the score: p_noise < 0.01.

        So 1 % of contexts that noise alone answers pass: measured, this holds with the binding
        encoder. With the projection far more do: 55 % after a page of 1,141 tokens, 94 % after 16.
        """
        return self.p_noise < SURE

    def __repr__(self):
        verdict = "known" if self.known else "not known"
        return (
            f"Prediction({self.token!r}, score {self.score:.2f}, "
            f"p_noise {self.p_noise:.2g}, {verdict})"
        )

    def _repr_html_(self):
        rows = [(show_token(token), f"{score:.2f}") for token, score in self.candidates]
        verdict = "remembered" if self.known else "I never read this"
        return show_table(["candidate", "score"], rows, f"{verdict} (p_noise {self.p_noise:.2g})")


@dataclass(frozen=True)
class Explanation:
    """A prediction taken apart: the score of a candidate is the sum of one vote per layer.

    Attributes:
        candidates: [(token, score) …], best first.
        votes: (layers, candidates) array; a column adds up to that candidate's score.
        windows: for each layer the tokens it looked at, or None if its window did not fit.
    """

    candidates: list
    votes: np.ndarray = field(repr=False)
    windows: list = field(repr=False)

    @property
    def token(self):
        """The best candidate."""
        return self.candidates[0][0]

    def __repr__(self):
        votes = " + ".join(f"{vote:.2f}" for vote in self.votes[:, 0])
        return f"Explanation({self.token!r}: {votes} = {self.candidates[0][1]:.2f})"

    def _repr_html_(self):
        layers = [f"layer {i}" for i in range(1, len(self.windows) + 1)]
        rows = [
            [show_token(token), *(f"{vote:.2f}" for vote in votes), f"{score:.2f}"]
            for (token, score), votes in zip(self.candidates, self.votes.T, strict=True)
        ]
        seen = [
            f"{layer} saw: " + ("(its window did not fit)" if window is None else "".join(window))
            for layer, window in zip(layers, self.windows, strict=True)
        ]
        return show_table(["candidate", *layers, "score"], rows, "\n".join(seen))


@dataclass(frozen=True)
class Recall:
    """How much of a text a model predicts rightly, one token at a time.

    Attributes:
        correct: bool array, one entry a predicted token.
        tokens: the tokens that were to be predicted.
        answers: the tokens that were predicted.
    """

    correct: np.ndarray = field(repr=False)
    tokens: list = field(repr=False)
    answers: list = field(repr=False)

    @classmethod
    def of(cls, tokens, answers):
        """Compare the answers with the tokens that were to be predicted."""
        correct = np.array([a == t for a, t in zip(answers, tokens, strict=True)], dtype=bool)
        return cls(correct, list(tokens), answers)

    @property
    def accuracy(self):
        """The share of tokens that were predicted rightly, in [0, 1]."""
        return float(np.mean(self.correct))

    @property
    def wrong(self):
        """The mistakes: [(position, right token, predicted token) …]."""
        return [(int(i), self.tokens[i], self.answers[i]) for i in np.flatnonzero(~self.correct)]

    def __repr__(self):
        right = int(np.sum(self.correct))
        return f"Recall({self.accuracy:.3f}: {right} of {len(self.correct)} tokens)"

    def _repr_html_(self):
        answers = zip(self.tokens, self.answers, self.correct, strict=True)
        marked = "".join(_marked(*answer) for answer in answers)
        return (
            f"<div><b>{html.escape(repr(self))}</b>, wrong tokens underlined"
            f'<div style="white-space:pre-wrap;max-width:50em;line-height:1.6">{marked}</div></div>'
        )


def _marked(token, answer, right):
    """Write a token as HTML, marked and with the wrong answer as a tip if it was missed."""
    text = html.escape(str(token))
    if right:
        return text
    tip = html.escape(f"predicted: {show_token(answer)}", quote=True)
    return f'<u style="{WRONG}" title="{tip}">{text}</u>'


def show_table(head, rows, caption):
    """Write an HTML table of plain strings."""
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f'<p style="white-space:pre-wrap;margin:0">{html.escape(caption)}</p>'
    return f"{title}<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
