"""Recited words, coloured by how sure the model is; each opens to show who voted for it."""

import html

from memo_edu.lab.gauges import BLUE, MUTED
from memo_edu.results import show_table, show_token

# Below this, noise is as good as excluded.
VERY_SURE = 1e-6
NEVER = "I never read this."

# A <details> is a word that opens by itself, by mouse or by key, and with no kernel running.
STYLE = f"""<style>
.memo-words {{white-space:pre-wrap; line-height:1.9; max-width:60em}}
.memo-words details {{display:inline-block}}
.memo-words details[open] {{display:inline}}
.memo-words summary {{display:inline; list-style:none; cursor:pointer; border-radius:3px;
  padding:1px 2px}}
.memo-words summary::-webkit-details-marker {{display:none}}
.memo-words summary:hover, .memo-words summary:focus-visible, .memo-words details[open]>summary
  {{outline:2px solid {BLUE}}}
.memo-words .sure {{background:rgba(0,114,178,.38)}}
.memo-words .known {{background:rgba(86,180,233,.16); border-bottom:2px dotted {BLUE}}}
.memo-words .guess {{border:1px dashed #d55e00; background:rgba(230,159,0,.25)}}
.memo-words .wrong {{text-decoration:underline wavy #d55e00 2px}}
.memo-words .why {{white-space:normal; line-height:1.4; margin:.3em 0 .6em; padding:.4em .8em;
  overflow-x:auto; border-left:4px solid {BLUE};
  background:var(--jp-layout-color2, rgba(128,128,128,.12))}}
.memo-words .why td, .memo-words .why th {{padding:0 .8em; text-align:right}}
</style>"""


def recitation_html(recitation, name, right):
    """Draw a recitation.

    Args:
        recitation: a Recitation.
        name: the text that it follows, or None.
        right: what stands in that text at each word.

    Returns:
        HTML.
    """
    words = [
        _word(word, right[i] if i < len(right) else None, name)
        for i, word in enumerate(recitation.words)
    ]
    return (
        f'{STYLE}<div class="memo-words" data-lm-suppress-shortcuts="true">'
        f'<span style="{MUTED}">{html.escape(recitation.shown)}</span>{"".join(words)}'
        f"{_end(recitation)}</div>{_legend() if words else ''}"
    )


def verdict(recitation, name, right):
    """Say how a recitation went.

    Args:
        recitation, name, right: see recitation_html.

    Returns:
        A sentence or three.
    """
    words = [word.token for word in recitation.words]
    count = f"Recited {len(words)} tokens, one at a time, from the matrix alone."
    if name is None:
        return f"{count} The prompt is in none of the texts."
    compared = min(len(words), len(right))
    wrong = sum(w != r for w, r in zip(words, right, strict=False))
    end = (
        f" “{name}” ends here." if len(right) < len(words) + (recitation.guess is not None) else ""
    )
    return f"{count} {wrong} of {compared} differ from “{name}”.{end}"


def _word(word, expected, name):
    """Draw one word with its explanation inside."""
    level = "sure" if word.p_noise < VERY_SURE else "known" if word.known else "guess"
    mark = "?" if level == "guess" else ""
    is_wrong = expected is not None and word.token != expected
    if is_wrong:
        level, mark = f"{level} wrong", "✗"
    text = word.token.lstrip()
    space = word.token[: len(word.token) - len(text)]
    note = f" “{name}” has “{show_token(expected)}” here." if is_wrong else ""
    return (
        f'{html.escape(space)}<details name="memo-word"><summary class="{level}" '
        f'title="{_chance(word)}">{html.escape(text) or "␣"}{mark}</summary>'
        f'<div class="why">{html.escape(note)} {_why(word)}</div></details>'
    )


def _why(word):
    """Say who voted for a word: a row a candidate, a column a layer, and what each layer saw."""
    explanation = word.explanation
    layers = [f"layer {i}" for i in range(1, len(explanation.windows) + 1)]
    rows = [
        [show_token(token), *(f"{vote:.2f}" for vote in votes), f"{score:.2f}", _blocks(score)]
        for (token, score), votes in zip(explanation.candidates, explanation.votes.T, strict=True)
    ]
    seen = [
        f"<div><b>{layer}</b> saw {_window(window)}</div>"
        for layer, window in zip(layers, explanation.windows, strict=True)
    ]
    caption = f"Votes for the word after “{show_token(_last(explanation))}”. {_chance(word)}."
    return show_table(["candidate", *layers, "score", ""], rows, caption) + "".join(seen)


def _chance(word):
    """Say how sure the model is."""
    chance = "less than one in a million" if word.p_noise < VERY_SURE else f"{word.p_noise:.2g}"
    return f"Chance that mere noise scores so high: {chance}"


def _last(explanation):
    return next(window for window in explanation.windows if window)[-1]


def _blocks(score):
    return "█" * max(0, round(8 * min(score, 4) / 4)) or "·"


def _window(window):
    if window is None:
        return "nothing: so many tokens do not stand before it yet"
    text = html.escape("".join(window)).replace("\n", "⏎")
    return f'{len(window)} tokens: <span style="white-space:pre-wrap">{text}</span>'


def _end(recitation):
    """Say why it stopped, if it stopped because it does not know."""
    if recitation.guess is None:
        return ""
    said = "I know no further." if recitation.words else NEVER
    guess = _word(recitation.guess, None, None)
    return f'<div><b>{said}</b> <span style="{MUTED}">A mere guess would be</span> {guess}</div>'


def _legend():
    return (
        '<div class="memo-words" style="font-size:.9em"><span class="sure">sure</span>: '
        'less than one in a million that it is noise · <span class="known">fairly sure</span>: '
        'less than one in a hundred · <span class="guess">guess?</span> · '
        '<span class="wrong">wrong✗</span> · Open a word to see its votes.</div>'
    )
