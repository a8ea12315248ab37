"""A memory with buttons: memorize a text, recite it, forget it, and see how much is recalled."""

import contextlib
import html
import warnings
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from memo_edu.errors import ConfigurationError, FileFormatError
from memo_edu.lab.coloured import recitation_html, verdict
from memo_edu.lab.files import check_save, check_text, drop_zone, read_upload
from memo_edu.lab.gauges import (
    MUTED,
    badge,
    bar,
    corner,
    gauge,
    memory_picture,
    percent,
)
from memo_edu.lab.measures import (
    encoder_name,
    fullness,
    holds_only,
    is_rough,
    measure,
    predict_recall,
    prove_forgotten,
)
from memo_edu.lab.parts import Lab, names
from memo_edu.lab.reciting import Recitation
from memo_edu.lab.work import StoppedError, Work
from memo_edu.model import MeMo
from memo_edu.text import sample_texts

OWN = "a text of your own"
WIDE = widgets.Layout(width="100%")
# Bytes of old memories that are kept for Undo, besides the last one.
KEPT = 128 * 2**20
ROUGH = "Theory only counts words here: for the projection, and so much text, a rough guess."
SETTINGS = ("encoder", "dim", "heads", "layers", "seed")
# What only the projection has, and how a model is without it.
NONE_OF_IT = {"alpha": 1.0, "penalty": False, "partial_windows": False}


@dataclass(frozen=True)
class State:
    """What Undo brings back: a model, the texts beside it, and the action that came after."""

    action: str
    model: MeMo
    texts: dict
    trails: dict


class Row(widgets.HBox):
    """A text's line on the shelf: its recall bar, and a button that memorizes or forgets it.

    Args:
        name: the text's.
        on_click: a function of the name.
    """

    def __init__(self, name, on_click):
        self.bar = widgets.HTML(layout={"flex": "1 1 auto"})
        self.button = widgets.Button(layout={"width": "9em", "flex": "0 0 auto"})
        self.button.on_click(lambda _: on_click(name))
        self.click = self.button.click
        super().__init__([self.bar, self.button], layout={"align_items": "center"})

    def close(self):
        """Close it whole: the kernel keeps every widget, and what it says, until it is closed."""
        self.bar.close()
        self.button.close()
        super().close()

    def label(self, name, is_memorized):
        """Let the button say what it will do."""
        verb = "Forget" if is_memorized else "Memorize"
        self.button.description, self.button.tooltip = verb, f"{verb} “{name}”"
        self.button.icon = "minus" if is_memorized else "plus"


class MemoLab(Lab):
    """A live MeMo: memorize texts, recite them, forget them, and watch the memory meanwhile.

    Args:
        model: the MeMo to work on, which holds texts, not ids; None is a new one that binds.

    Attributes:
        model: the MeMo.
        sample, text, upload: choose, type or open a text; memorize: the button that writes it.
        shelf: dict of name -> Row; `shelf[name].click()` forgets a text or memorizes it again.
        undo: the button that brings back what was before the last change.
        clear: the button that lets go of what undo could bring back, and of texts not in memory.
        encoder, dim, heads, layers, seed: the settings; a new one rebuilds the memory.
        prompt, words, recite, step: what to recite from, how much, the whole or one word;
            may_guess: whether to go on where the model does not know.
        recited, picture, capacity, status, badge: HTML widgets that show what came of it.
        path, save, load: keep a memory in a file; files holds the three.
        work: a Work: what runs now, with its Stop button.

    Example:
        >>> lab = MemoLab(MeMo(dim=256, encoder="binding", backend="numpy"))
        >>> lab.memorize.click()
        >>> lab
        MemoLab: lighthouse 100 %
        >>> lab.shelf["lighthouse"].click()
        >>> lab
        MemoLab: an empty memory
    """

    def __init__(self, model=None):
        self.model = MeMo(encoder="binding") if model is None else model
        # name -> text: all that may be chosen, and all that is or was in the memory
        self._library, self._texts = sample_texts(), self.model.originals()
        # name -> its recall after each action
        self._trails, self._predicted = {name: [] for name in self._texts}, {}
        self._counts = {}  # name -> how many tokens
        self._recitation, self._undo, self._is_quiet = None, [], False
        self.shelf = {}
        self._build()
        self._connect()
        super().__init__(self._lay_out())
        self.add_class("memo-lab")
        self._show("Choose a text and press Memorize.")
        self._picture(None)
        if self._texts:
            self.work.run(self._guard(self._look))

    # ---- Widgets -----------------------------------------------------------------------------

    def _build(self):
        """Make the widgets."""
        self.sample = widgets.Dropdown(options=[*self._library, OWN], description="Text")
        self.text = widgets.Textarea(next(iter(self._library.values())), rows=9, layout=WIDE)
        self.text.placeholder = "Type or paste a text here."
        # It is not shown: drop_zone is, and hands files to it.
        self.upload = widgets.FileUpload(multiple=True, layout={"display": "none"})
        self.memorize = _button("Memorize", "plus", "primary", "Write this text into the memory")
        self.undo = _button("Undo", "undo", "", "Nothing to undo yet")
        self.clear = _button("Clear history", "trash", "", "Keep nothing of what was forgotten")
        self.encoder = widgets.ToggleButtons(
            options=[("binding (ours)", "binding"), ("projection (the paper)", "projection")],
            description="Encoder",
            style={"button_width": "13em"},
        )
        self.dim, self.heads, self.layers, self.seed = (
            widgets.IntText(description=name, layout={"width": "11em"}) for name in SETTINGS[1:]
        )
        for name, symbol in (("dim", "d"), ("heads", "h"), ("layers", "l")):
            getattr(self, name).description = f"{symbol}, {name}"
        self.prompt = widgets.Text(
            description="Begin with",
            placeholder="nothing: the first words of a text",
            layout={"width": "26em"},
        )
        self.words = widgets.IntSlider(40, 5, 200, 5, description="Tokens", readout=True)
        self.step = _button("Next word", "step-forward", "", "Recite one word more")
        self.recite = _button("Recite", "play", "primary", "Recite until it no longer knows")
        self.may_guess = widgets.Checkbox(
            description="go on where it does not know", indent=False, layout={"width": "20em"}
        )
        self.path = widgets.Text("memory.memo", description="File", continuous_update=False)
        self.save = _button("Save", "save", "", "Write the memory into this file")
        self.load = _button("Load", "folder-open", "", "Read a memory from this file")
        for name in ("recited", "picture", "capacity", "status", "badge"):
            setattr(self, name, widgets.HTML(layout=WIDE))
        self._shelf_box = widgets.VBox()
        self.work = Work(self._set_busy)

    def _lay_out(self):
        """Put the widgets in their places."""
        wrap = {"flex_flow": "row wrap", "align_items": "center"}
        column = {"flex": "1 1 24em", "min_width": "20em", "padding": "0 .8em 0 0"}
        self.files = widgets.HBox([self.path, self.save, self.load], layout=wrap)
        left = [
            _heading("1 · Choose, type or open a text"),
            self.sample,
            self.text,
            widgets.HTML(drop_zone()),
            self.upload,
            widgets.HBox([self.memorize, self.undo, self.clear], layout=wrap),
        ]
        right = [_heading("2 · In memory"), self._shelf_box, self.badge, self.capacity]
        settings = [self.encoder, self.dim, self.heads, self.layers, self.seed]
        return [
            widgets.HBox(settings, layout=wrap),
            widgets.HBox(
                [widgets.VBox(left, layout=column), widgets.VBox(right, layout=column)],
                layout={"flex_flow": "row wrap"},
            ),
            self.status,
            self.work,
            names(),
            _heading("3 · Recite"),
            widgets.HBox(
                [self.prompt, self.words, self.recite, self.step, self.may_guess], layout=wrap
            ),
            self.recited,
            _heading("4 · The memory itself"),
            self.picture,
            self.files,
        ]

    def _connect(self):
        """Say what each widget does."""
        self.sample.observe(self._choose_sample, "value")
        self.upload.observe(self._open_files, "value")
        for button, action in (
            (self.memorize, self._memorize_chosen),
            (self.undo, self._undo_last),
            (self.clear, self._clear_history),
            (self.recite, self._recite),
            (self.step, self._recite_one),
            (self.save, self._save),
            (self.load, self._load),
        ):
            button.on_click(lambda _, action=action: self.work.run(self._guard(action), action))
        self.prompt.on_msg(self._submit)
        for name in SETTINGS:
            getattr(self, name).observe(self._settings_changed, "value")

    def _submit(self, _, content, buffers):
        """Recite when Enter is pressed in the prompt."""
        if content.get("event") == "submit":
            self.recite.click()

    def _set_busy(self, is_busy):
        """Let nothing be pressed but Stop while something takes long."""
        buttons = [self.memorize, self.undo, self.clear, self.recite, self.step]
        buttons += [self.save, self.load]
        buttons += [row.button for row in self.shelf.values()]
        buttons += [getattr(self, name) for name in SETTINGS]
        for button in buttons:
            button.disabled = is_busy
        self.undo.disabled = is_busy or not self._undo

    def _guard(self, action):
        """Do what a button asks for; a failure becomes a sentence, and changes nothing."""
        try:
            message = yield from action()
        except StoppedError:
            message = "Stopped. The memory is as it was before."
        except Exception as error:  # whatever went wrong, a reader needs a sentence
            message = f"That did not work: {error or type(error).__name__}"
        if message:
            self._show(message)

    # ---- Texts -------------------------------------------------------------------------------

    def _choose_sample(self, change):
        self.text.value = self._library.get(change.new, "")

    def _open_files(self, change):
        """Put opened files among the texts to choose from."""
        opened, faults = {}, []
        for file in change.new:
            try:
                opened[file["name"]] = read_upload(file)
            except Exception as error:
                faults.append(f"That did not work: {error}")
        if change.new:
            self.upload.value = ()  # so that the same file can be opened again
            self._library |= opened
            self.sample.options = [*self._library, OWN]
        if opened:
            self.sample.value = list(opened)[-1]
            names = ", ".join(f"“{name}”" for name in opened)
            faults.append(f"Opened {names}. Press Memorize.")
        if faults:
            self._show(" ".join(faults))

    def _memorize_chosen(self):
        text, chosen = self.text.value, self.sample.value
        is_named = self._library.get(chosen) == text and chosen not in self.model.texts
        return self._memorize(text, chosen if is_named else None)

    def _memorize(self, text, name):
        check_text(text)

        def learn(tell):
            return self.model.memorize(text, name, tell)

        def settle(name):
            self._texts[name], self._trails[name] = text, []
            count = self.model.texts[name]
            return f"Memorized “{name}”: {count:,} tokens went into the matrix."

        yield from self._change(f"Memorize “{name or text.strip()[:30]}”", learn, settle)
        yield from self._look()

    def _turn(self, name):
        """Forget a text of the shelf, or memorize it again."""
        if name in self.model.texts:
            return self._forget(name)
        return self._memorize(self._texts[name], name)

    def _forget(self, name):
        def unlearn(tell):
            return self.model.forget(name, tell)

        def settle(_):
            self._recitation, self.recited.value = None, ""
            is_zero = not self.model.backend.to_numpy(self.model.matrix).any()
            return f"Forgot “{name}”.{' Every entry of the matrix is 0 again.' if is_zero else ''}"

        yield from self._change(f"Forget “{name}”", unlearn, settle)
        yield from self._look(forgotten=name)

    def _memorized(self):
        return {name: self._texts[name] for name in self.model.texts if name in self._texts}

    # ---- Changes and Undo --------------------------------------------------------------------

    def _change(self, action, job, settle):
        """Change the memory, and keep what was before; whatever fails leaves all as it was.

        Args:
            action: what it is called.
            job: see Work.
            settle: a function of what the job returned; it says in a sentence what has come of it.
        """
        model, texts, trails = self.model, dict(self._texts), _copy_trails(self._trails)

        def keep_and_change(tell):
            old = model.blank().merge(model)
            return old, *_with_warnings(job, tell)

        old, result, notes = yield keep_and_change
        self._remember(State(action, old, texts, trails))
        self.badge.value = ""
        self._show(f"{settle(result)}{notes}")  # the answer comes first
        self._picture(old, action)

    def _remember(self, state):
        """Keep a state for Undo, and let go of the oldest ones if they take too much room."""
        size = _size(state.model)
        self._undo = [*self._undo, state][-max(1, KEPT // size) :]

    def _undo_last(self):
        if not self._undo:
            return "There is nothing to undo."
        state, before = self._undo.pop(), self.model
        self.model, self._texts, self._trails = state.model, state.texts, state.trails
        self._recitation, self.recited.value, self.badge.value = None, "", ""
        self._show(f"Undone: {state.action}. The memory is what it was before.")
        self._picture(before, f"Undo: {state.action}")
        yield from self._look()

    def _clear_history(self):
        """Let go of Undo, of texts that are not in memory, and of all that was said of them."""
        memorized, samples = self.model.texts, sample_texts()
        self._undo, self._predicted = [], {}
        for kept in (self._texts, self._trails, self._counts):
            for name in kept.keys() - memorized.keys():
                del kept[name]
        self._library = {n: t for n, t in self._library.items() if n in samples or n in memorized}
        self.sample.options = [*self._library, OWN]
        self.sample.value = first = next(iter(self._library))
        self.text.value, self.prompt.value = self._library[first], ""
        self._recitation, self.recited.value, self.badge.value = None, "", ""
        self._picture(None)
        yield from ()  # it takes no time
        return "Cleared: of what is not in memory, nothing is kept here any more."

    def _replace(self, action, make):
        """Put another model in the place of this one; the old one is kept for Undo."""
        old = State(action, self.model, dict(self._texts), _copy_trails(self._trails))
        self.model, notes = yield lambda tell: _with_warnings(make, tell)
        self._remember(old)
        self._recitation, self.recited.value, self.badge.value = None, "", ""
        self._picture(None)
        return notes

    def _settings_changed(self, _):
        if self._is_quiet or self._wanted() == self._settings():
            return
        wanted = self._wanted()
        self.work.run(self._guard(lambda: self._rebuild(wanted)), wanted)

    def _wanted(self):
        return {name: getattr(self, name).value for name in SETTINGS}

    def _settings(self):
        """Return what the model is now."""
        encoder = self.model.encoder
        sizes = {name: getattr(encoder, name) for name in SETTINGS[1:]}
        return {"encoder": encoder_name(self.model), **sizes}

    def _rebuild(self, wanted):
        old, texts = self.model, self._memorized()
        if not holds_only(old, texts):
            raise ConfigurationError(
                "the memory holds rows of ids, or texts of a corpus. Their words are not kept, so "
                "they can't be memorized anew. Make a new MeMo with other settings instead."
            )
        config, left_out = _with_options(old.config, wanted)

        def make(tell):
            new = MeMo(**config, backend=old.backend, tokenizer=old.tokenizer)
            for done, (name, text) in enumerate(texts.items()):
                new.memorize(text, name, lambda share: tell((done + share) / len(texts)))  # noqa: B023
            return new

        notes = yield from self._replace("new settings", make)
        again = f" Memorized anew: {', '.join(texts)}." if texts else ""
        size = f"{config['dim']:,} × {config['dim']:,}"
        self._show(f"A new matrix of {size} numbers.{again}{left_out}{notes}")
        yield from self._look()

    # ---- Recite ------------------------------------------------------------------------------

    def _recite(self):
        self._recitation = None
        return (yield from self._go_on(self.words.value))

    def _recite_one(self):
        if self._recitation is not None and self._recitation.prompt != self.prompt.value:
            self._recitation = None
        return (yield from self._go_on(1))

    def _go_on(self, count):
        """Say so many words more, and show them as they come."""
        model, prompt, memorized = self.model, self.prompt.value, self._memorized()
        if self._recitation is None:
            self._recitation = yield lambda tell: Recitation(model, prompt)
        said = self._recitation
        goal, may_guess = len(said.words) + count, self.may_guess.value
        encode = model.tokenizer.encode
        texts = yield lambda tell: {name: encode(text) for name, text in memorized.items()}
        while len(said.words) < goal and (said.guess is None or may_guess):
            yield lambda tell: said.go_on(model, goal - len(said.words), may_guess, tell)
            self.recited.value = recitation_html(said, *said.compare(texts))
        if not said.words:
            return (
                "The best candidate scores no better than noise, so the model says nothing. It "
                f"needs {model.encoder.heads} words or more, just as they stand in a text."
            )
        return verdict(said, *said.compare(texts))

    @property
    def continuation(self):
        """What was recited last, as a str."""
        return self._recitation.continuation if self._recitation else ""

    # ---- Save and load -----------------------------------------------------------------------

    def _save(self):
        path = check_save(self.path.value)
        yield lambda tell: self.model.save(path)
        return f"Saved {path.stat().st_size:,} bytes as {path.name}, its texts included."

    def _load(self):
        path = Path(self.path.value.strip() or "memory.memo")
        if not path.is_file():
            raise FileFormatError(f"There is no file {path.name!r} here.")
        backend = self.model.backend
        notes = yield from self._replace(
            f"Load {path.name}", lambda tell: MeMo.load(path, backend=backend)
        )
        self._texts = self.model.originals()
        self._trails = {name: [] for name in self._texts}
        self._show(f"Loaded {path.name}: {len(self._texts)} texts.{notes}")
        yield from self._look()

    def lock_files(self):
        """Take Save and Load away, so that visitors of a page can not reach its machine's files."""
        self.children = [child for child in self.children if child is not self.files]
        # What is closed hears no messages any more, not even forged ones.
        for widget in (self.path, self.save, self.load, self.files):
            widget.close()

    # ---- Show --------------------------------------------------------------------------------

    def _look(self, forgotten=None):
        """Bring the bars up to date, unless something else is asked for meanwhile."""
        self.work.in_passing = True
        with contextlib.suppress(StoppedError):
            if forgotten is not None:
                yield from self._prove(forgotten)
            yield from self._measure()

    def _prove(self, name):
        """Give the badge, if nothing is left of a forgotten text."""
        model, left = self.model, self._memorized()
        self.badge.value = badge(name, (yield lambda tell: prove_forgotten(model, left, tell)))

    def _measure(self):
        """Measure the recall of every text and, after that, ask theory."""
        model, texts, memorized = self.model, dict(self._texts), self._memorized()
        self._predicted = {}
        recalls = yield lambda tell: measure(model, texts, tell)
        for name, share in recalls.items():
            self._trails[name].append(share)
        self._draw_shelf()
        self._predicted = yield lambda tell: predict_recall(model, memorized, tell)
        full = yield lambda tell: fullness(model, memorized, tell)
        self.capacity.value = gauge(full, ROUGH if is_rough(model, memorized) else "")
        self._draw_shelf()

    def _show(self, message):
        """Bring the message, the settings and the shelf up to date."""
        look = "margin:.4em 0;line-height:1.4"
        self.status.value = f'<p role="status" style="{look}"><b>{html.escape(message)}</b></p>'
        self._is_quiet = True
        for name, value in self._settings().items():
            getattr(self, name).value = value
        self._is_quiet = False
        last = f"Undo: {self._undo[-1].action}" if self._undo else "Nothing to undo yet"
        self.undo.disabled, self.undo.tooltip = not self._undo, last
        self._draw_shelf()

    def _draw_shelf(self):
        """Draw a line for every text, in the order in which they came."""
        if list(self.shelf) != list(self._texts) or not self._shelf_box.children:
            old, act = self.shelf, lambda n: self.work.run(self._guard(lambda: self._turn(n)), n)
            self.shelf = {name: old.get(name) or Row(name, act) for name in self._texts}
            self._shelf_box.children = list(self.shelf.values()) or [_nothing_yet()]
            for name in old.keys() - self.shelf.keys():
                old[name].close()
        memorized = self.model.texts
        self._counts |= memorized
        for name, row in self.shelf.items():
            is_memorized, predicted = name in memorized, self._predicted.get(name)
            trail, count = self._trails[name], self._counts[name]
            row.bar.value = bar(name, count, trail, predicted, is_memorized)
            row.label(name, is_memorized)

    def _picture(self, old, action=""):
        """Draw the memory, and how an action changed an old one into it."""
        before = None if old is None else corner(old)
        sizes = *self.model.matrix.shape, _size(self.model)
        self.picture.value = memory_picture(before, corner(self.model), sizes, action)

    def __repr__(self):
        recalls = [
            f"{name} {percent(self._trails[name][-1])}"
            for name in self.model.texts
            if self._trails.get(name)
        ]
        return f"MemoLab: {', '.join(recalls) or 'an empty memory'}"


def _with_warnings(make, tell):
    """Return what a function makes, and the warnings that it gave, as sentences."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        made = make(tell)
    return made, "".join(f" {warning.message}" for warning in given)


def _with_options(config, wanted):
    """Change some settings of a model, and keep its options as far as they fit.

    Returns:
        The arguments of the new model, and a sentence on what had to be left out, or "".
    """
    config = config | wanted
    if config["encoder"] == "projection":
        return config, ""
    lost = [
        f"{name} = {config[name]}" for name, usual in NONE_OF_IT.items() if config[name] != usual
    ]
    note = f" Left out, since only the projection has it: {', '.join(lost)}. Undo brings it back."
    return config | NONE_OF_IT, note if lost else ""


def _copy_trails(trails):
    return {name: list(trail) for name, trail in trails.items()}


def _size(model):
    """Return the bytes of a memory."""
    return int(np.prod(model.matrix.shape)) * model.matrix.dtype.itemsize


def _button(description, icon, style, tooltip):
    return widgets.Button(description=description, icon=icon, button_style=style, tooltip=tooltip)


def _heading(text):
    return widgets.HTML(f'<h4 style="margin:.6em 0 .2em">{text}</h4>')


def _nothing_yet():
    return widgets.HTML(f'<p style="{MUTED}">Nothing yet. Press Memorize.</p>')
