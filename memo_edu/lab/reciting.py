"""A recitation, word by word: what the model says, how sure it is, and whether it is right."""

import time
from dataclasses import dataclass, field

from memo_edu.lab.measures import follow
from memo_edu.results import SURE

# Seconds of reciting between two looks at the page.
BREATH = 0.12


@dataclass(frozen=True)
class Word:
    """A recited token.

    Attributes:
        token: the token.
        p_noise: see Prediction.
        explanation: an Explanation of it.
    """

    token: str
    p_noise: float
    explanation: object = field(repr=False)

    @property
    def known(self):
        """Whether noise can't explain its score."""
        return self.p_noise < SURE


class Recitation:
    """What a model says after a prompt, one token after the other.

    In the middle of a text a word has a space before it, which people leave out: if the model
    knows nothing after the prompt, it is asked again with a space before it.

    Args:
        model: a MeMo.
        prompt: a str; it may be empty or end inside a word.

    Attributes:
        shown: what stands before the first word: the prompt, and the rest of its last word.
        words: the Words said so far.
        guess: the Word at which it stopped because it is not known, or None.

    Example:
        >>> from memo_edu import MeMo
        >>> model = MeMo(dim=512, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> name = model.memorize("The tea is hot. The cup is red.", "tea")
        >>> recitation = Recitation(model, "The tea")
        >>> recitation.go_on(model, 3)
        >>> recitation.continuation, recitation.guess
        (' is hot.', None)
    """

    def __init__(self, model, prompt):
        self.prompt, self.words, self.guess = prompt, [], None
        self._heads = model.encoder.heads
        for spaced in (prompt, f" {prompt}"):
            self.shown = spaced + model.recite(spaced, 0)
            self._before = model.tokenizer.encode(self.shown)
            if model.predict(self._before, top=1).known:
                return
        self.shown = prompt
        self._before = model.tokenizer.encode(prompt)

    @property
    def continuation(self):
        """The words said so far, as one str."""
        return "".join(word.token for word in self.words)

    def go_on(self, model, count, may_guess=False, tell=lambda share: None):
        """Say more, for a short while at most.

        Args:
            model: the MeMo.
            count: how many tokens more, at most.
            may_guess: go on where it does not know; else it stops there.
            tell: see Work.
        """
        end = time.perf_counter() + BREATH
        if may_guess and self.guess is not None:
            self.words.append(self.guess)
            self.guess, count = None, count - 1
        while count > 0 and self.guess is None and time.perf_counter() < end:
            tell(0.0)
            word = self._next(model)
            count -= 1
            if word.known or may_guess:
                self.words.append(word)
            else:
                self.guess = word

    def _next(self, model):
        context = [*self._before, *(word.token for word in self.words)]
        prediction = model.predict(context, top=1)
        return Word(prediction.token, prediction.p_noise, model.explain(context))

    def compare(self, texts):
        """Compare with the text that it follows.

        Args:
            texts: dict of name -> list of tokens.

        Returns:
            The text's name or None, and for each word what stands there; see follow.
        """
        # What stands further back may be no text's: only layer 1's window must be.
        return follow(self._before[-self._heads :], [word.token for word in self.words], texts)
