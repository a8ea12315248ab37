"""Text into tokens and back: nothing is lost, and it never takes long."""

import time

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import memo_edu as me
from memo_edu.rows import split_rows
from memo_edu.text import HuggingFaceTokenizer, WordTokenizer, as_tokenizer

EXAMPLES = [
    ("", []),
    ("Tea", ["Tea"]),
    ("Hot tea", ["Hot", " tea"]),
    ("Tea? Yes -- two cups.", ["Tea", "?", " Yes", " --", " two", " cups", "."]),
    ("don't", ["don", "'", "t"]),
    ("l'acqua", ["l", "'", "acqua"]),
    ('"Tea," she said.', ['"', "Tea", ',"', " she", " said", "."]),
    ("...!?", ["...!?"]),
    ("snake_case 3.14", ["snake_case", " 3", ".", "14"]),
    ("  two\n\nlines\t", ["  two", "\n\nlines", "\t"]),
    (" \n ", [" \n "]),
    ("tea ", ["tea", " "]),
    ("perché no", ["perché", " no"]),
    ("one — two", ["one", " —", " two"]),
    ("茶 たい", ["茶", " たい"]),
    ("hot\u00a0tea", ["hot", "\u00a0tea"]),  # a space that does not break
    ("\U0001f375\U0001f375 tea", ["\U0001f375\U0001f375", " tea"]),
    ("nul\0 \ud800", ["nul", "\0", " \ud800"]),
]


@pytest.mark.parametrize(("text", "tokens"), EXAMPLES)
def test_tokens_by_definition(text, tokens):
    assert me.tokenize(text) == tokens
    assert me.detokenize(tokens) == text


def test_white_space_of_every_kind_stays():
    assert (
        me.detokenize(me.tokenize("a\r\nb\r \x0b\x0c\x1c\u2028c")) == "a\r\nb\r \x0b\x0c\x1c\u2028c"
    )


@pytest.mark.parametrize("wrong", [5, None, b"tea", ["tea"]])
def test_only_a_str_is_a_text(wrong):
    with pytest.raises(me.InputError, match="A text is a str, not"):
        me.tokenize(wrong)


MEGABYTE = 1_000_000
LONG = {
    "words on one line": "tea cup " * (MEGABYTE // 8),
    "one word": "a" * MEGABYTE,
    "spaces": " " * MEGABYTE,
    "spaces and a word": " " * MEGABYTE + "a",
    "punctuation": "." * MEGABYTE,
    "spaces in between": (" " * 999 + ".") * 1000,
    "changing at every character": "a." * (MEGABYTE // 2),
}


@pytest.mark.parametrize("name", LONG)
def test_a_megabyte_takes_less_than_two_seconds(name):
    start = time.process_time()
    tokens = me.tokenize(LONG[name])
    assert time.process_time() - start < 2
    assert me.detokenize(tokens) == LONG[name]


def test_sample_texts_are_whole():
    for name, text in me.sample_texts().items():
        assert len(me.tokenize(text)) > 300, name
        assert me.detokenize(me.tokenize(text)) == text
        assert "\r" not in text
        assert "\ufffd" not in text
    assert "è" in me.sample_texts()["mulino"]


def test_two_samples_share_phrases():
    def phrases(name):
        tokens = me.tokenize(me.sample_texts()[name])
        return {tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)}

    assert len(phrases("lighthouse") & phrases("clockmaker")) >= 5


# ---- Tokenizers of others --------------------------------------------------------------------


@pytest.fixture(scope="module")
def bpe():
    """A small byte-level BPE, trained here on the sample texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(me.sample_texts().values(), trainer)
    return tokenizer


def test_hugging_face_tokenizer_loses_nothing(bpe):
    adapted = as_tokenizer(bpe)
    assert isinstance(adapted, HuggingFaceTokenizer)
    assert isinstance(adapted, me.Tokenizer)
    for text in [*me.sample_texts().values(), *(t for t, _ in EXAMPLES if "\ud800" not in t)]:
        tokens = adapted.encode(text)
        assert all(isinstance(token, str) for token in tokens)
        assert adapted.decode(tokens) == text


def test_hugging_face_tokenizer_in_a_model(bpe, tmp_path):
    text = me.sample_texts()["mulino"][:1500]
    model = me.MeMo(encoder="binding", backend="numpy", tokenizer=bpe)
    model.memorize(text, "mulino")
    assert model.texts == {"mulino": len(bpe.encode(text).tokens)}
    assert model.recall(text).accuracy == 1
    assert text[60:].startswith(model.recite(text[:60], max_tokens=80))
    assert text.startswith(model.recite("", max_tokens=40))
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy", tokenizer=bpe)
    assert loaded.recite(text[:60]) == model.recite(text[:60])
    with pytest.raises(me.ConfigurationError, match=r"tokenizer 'hugging face.*'; pass it to load"):
        me.MeMo.load(tmp_path / "x", backend="numpy")


def test_hugging_face_begin_and_end_marks_are_left_out(bpe):
    from tokenizers.processors import TemplateProcessing

    marked = Tokenizer.from_str(bpe.to_str())
    marked.add_special_tokens(["<s>"])
    mark = ("<s>", marked.token_to_id("<s>"))
    marked.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[mark])
    assert marked.encode("tea").tokens[0] == "<s>"
    assert "<s>" not in as_tokenizer(marked).encode("tea")


def test_another_hugging_face_tokenizer_is_refused(bpe, tmp_path):
    other = Tokenizer.from_str(bpe.to_str())
    other.add_tokens(["tea"])
    model = me.MeMo(64, 2, 2, "binding", backend="numpy", tokenizer=bpe)
    model.memorize("The tea is hot.")
    model.save(tmp_path / "x")
    with pytest.raises(me.ConfigurationError):
        me.MeMo.load(tmp_path / "x", backend="numpy", tokenizer=other)
    with pytest.raises(me.ConfigurationError):
        model.merge(me.MeMo(64, 2, 2, "binding", backend="numpy", tokenizer=other))


class Letters:
    def encode(self, text):
        return list(text)

    def decode(self, tokens):
        return "".join(tokens)


def test_a_tokenizer_of_ones_own():
    text = "To be, or not to be, that is the question."
    model = me.MeMo(1024, 4, 2, "binding", backend="numpy", tokenizer=Letters())
    model.memorize(text)
    assert model.texts == {"To be, or not": len(text)}
    assert model.recite("To be, or n", max_tokens=99, unsure="stop") == text[11:]
    assert isinstance(Letters(), me.Tokenizer)


def test_none_is_words_and_punctuation():
    assert isinstance(as_tokenizer(None), WordTokenizer)
    assert as_tokenizer(None).encode("Hot tea") == ["Hot", " tea"]


# ---- Rows of ids -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "shortest", "pieces"),
    [
        ([[1, 2, 3]], 1, [(0, 0, (1, 2, 3))]),
        ([[0, 0, 1, 2]], 1, [(0, 2, (1, 2))]),
        ([[1, 2, 0, 0]], 1, [(0, 0, (1, 2))]),
        ([[1, 0, 2, 3, 0, 4, 5, 6]], 2, [(0, 2, (2, 3)), (0, 5, (4, 5, 6))]),
        ([[0, 0], [7, 0], [0, 8]], 1, [(1, 0, (7,)), (2, 1, (8,))]),
    ],
)
@pytest.mark.parametrize("kind", ["int64", "int8", "uint16"])
def test_rows_are_cut_at_the_padding(ids, shortest, pieces, kind):
    found = split_rows(np.array(ids, kind), 10, shortest)
    assert found == pieces
    assert all(type(i) is int for _, _, piece in found for i in piece)
