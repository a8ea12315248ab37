"""A memory with buttons: memorize a text, recite it, forget it, and see how much is recalled."""

import html
import warnings

import ipywidgets as widgets

from memo_edu.model import MeMo
from memo_edu.text import sample_texts

OWN = "a text of your own"
WIDE = widgets.Layout(width="100%")
MUTED = "color:var(--jp-ui-font-color2, #666)"


class MemoLab(widgets.VBox):
    """A live MeMo: a text box, the buttons Memorize, Forget and Recite, a recall bar per text.

    Args:
        model: the MeMo to work on; None is a new one with the binding encoder.

    Attributes:
        model: the MeMo.
        text, prompt, words, memorized: what is typed and chosen.
        memorize, forget, recite: the buttons.
        recited, bars, status: HTML widgets that show what came of it.

    Example:
        >>> lab = MemoLab(MeMo(dim=256, encoder="binding", backend="numpy"))
        >>> lab.memorize.click()
        >>> lab
        MemoLab: lighthouse 100 %
    """

    def __init__(self, model=None):
        self.model = MeMo(encoder="binding") if model is None else model
        # name -> text, to measure recall against
        self._originals = self.model.originals()
        self._build()
        self._connect()
        self._show(
            f"An empty matrix of {self.model.matrix.shape[0]:,} × "
            f"{self.model.matrix.shape[1]:,} zeros. Press Memorize."
        )
        super().__init__(
            [
                self.sample,
                self.text,
                self.memorize,
                widgets.HBox([self.memorized, self.forget]),
                self.bars,
                widgets.HBox([self.prompt, self.words, self.recite]),
                self.recited,
                self.status,
            ]
        )

    def _build(self):
        """Make the widgets."""
        samples = sample_texts()
        self.sample = widgets.Dropdown(options=[*samples, OWN], description="Text")
        self.text = widgets.Textarea(
            next(iter(samples.values())), rows=7, description="Words", layout=WIDE
        )
        self.memorize = widgets.Button(description="Memorize", button_style="primary", icon="plus")
        self.memorized = widgets.Dropdown(options=[], description="In memory")
        self.forget = widgets.Button(description="Forget", button_style="warning", icon="minus")
        self.prompt = widgets.Text(
            "", description="Begin with", placeholder="nothing: the first words of a text"
        )
        self.words = widgets.IntSlider(40, 5, 200, 5, description="Tokens")
        self.recite = widgets.Button(description="Recite", button_style="success", icon="play")
        self.recited, self.bars, self.status = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def _connect(self):
        """Say what each button does."""
        self.sample.observe(self._choose_sample, "value")
        self.memorize.on_click(lambda _: self._act(self._memorize))
        self.forget.on_click(lambda _: self._act(self._forget))
        self.recite.on_click(lambda _: self._act(self._recite))

    def _act(self, action):
        """Do what a button asks for; a failure becomes a sentence, and changes nothing."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                message = action()
        except Exception as error:  # whatever went wrong, a reader needs a sentence
            message = f"That did not work: {error}"
        self._show(message)

    def _choose_sample(self, change):
        self.text.value = sample_texts().get(change.new, "")

    def _memorize(self):
        chosen = self.sample.value
        is_sample = self.text.value == sample_texts().get(chosen)
        free = is_sample and chosen not in self.model.texts
        name = self.model.memorize(self.text.value, name=chosen if free else None)
        self._originals[name] = self.text.value
        return f"Memorized “{name}”: {self.model.texts[name]} tokens went into the matrix."

    def _forget(self):
        name = self.memorized.value
        if name is None:
            return "There is nothing to forget yet."
        self.model.forget(name)
        self._originals.pop(name)
        self.recited.value = ""
        is_zero = not self.model.backend.to_numpy(self.model.matrix).any()
        return f"Forgot “{name}”." + (" Every entry of the matrix is 0 again." if is_zero else "")

    def _recite(self):
        # In the middle of a text a word has a space before it, which people leave out.
        for prompt in (self.prompt.value, f" {self.prompt.value}"):
            continuation = self.model.recite(prompt, self.words.value, unsure="stop")
            if continuation:
                break
        else:
            self.recited.value = f'<p style="{MUTED}">I never read this.</p>'
            return (
                "The best candidate scores no better than noise, so the model says nothing. It "
                f"needs {self.model.encoder.heads} words or more, just as they stand in a text."
            )
        self.recited.value = (
            f'<div style="white-space:pre-wrap;line-height:1.5"><span style="{MUTED}">'
            f"{html.escape(prompt)}</span><b>{html.escape(continuation)}</b></div>"
        )
        return "Recited, one token at a time, from the matrix alone."

    def _show(self, message):
        """Bring the list, the bars and the message up to date."""
        names = list(self.model.texts)
        self.memorized.options = names
        if names:
            self.memorized.value = names[-1]
        self.status.value = f'<p role="status">{html.escape(message)}</p>'
        self.bars.value = "".join(_bar(name, share) for name, share in self._recalls().items())

    def _recalls(self):
        return {name: self.model.recall(text).accuracy for name, text in self._originals.items()}

    def __repr__(self):
        recalls = ", ".join(f"{name} {share:.0%}" for name, share in self._recalls().items())
        return f"MemoLab: {recalls.replace('%', ' %') or 'an empty memory'}"


def _bar(name, share):
    """Draw one text's recall as a bar with its number."""
    return (
        f'<div style="display:flex;gap:.6em;align-items:center" role="img" '
        f'aria-label="recall of {html.escape(name, quote=True)}: {share:.0%}">'
        f'<span style="width:12em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">'
        f"{html.escape(name)}</span>"
        f'<span style="flex:1;max-width:24em;border:1px solid #888;height:.9em">'
        f'<span style="display:block;height:100%;width:{share:.1%};background:#0072b2"></span>'
        f"</span><span>{share:.0%} recalled</span></div>"
    )
