"""Text into tokens and back without losing a character, and four texts to begin with."""

import hashlib
import re
from importlib import resources
from typing import Protocol, runtime_checkable

from memo_edu.errors import ConfigurationError, InputError

# A word or a run of punctuation with the white space before it; or white space at the end.
# The possessive + never gives characters back, so the time grows with the text and no faster.
TOKEN = re.compile(r"\s*+(?:\w++|[^\w\s]++)|\s++")


def tokenize(text):
    """Cut a text into tokens that add up to exactly the text.

    A token is a word or a run of punctuation, with the white space before it. White space at
    the end is a token of its own.

    Args:
        text: any str.

    Returns:
        A list of str; "".join of it is the text.

    Raises:
        InputError: text is not a str.

    Example:
        >>> tokenize("Tea? Yes -- two cups.")
        ['Tea', '?', ' Yes', ' --', ' two', ' cups', '.']
    """
    if not isinstance(text, str):
        raise InputError(f"A text is a str, not {type(text).__name__}.")
    return TOKEN.findall(text)


def detokenize(tokens):
    """Put tokens together again, so that nothing of the text they came from is lost.

    Args:
        tokens: a list of str.

    Returns:
        The text, a str.

    Raises:
        InputError: a token is not a str.

    Example:
        >>> detokenize(["Tea", "?", " Yes"])
        'Tea? Yes'
    """
    try:
        return "".join(tokens)
    except TypeError as error:
        raise InputError(f"Only tokens that are str make a text: {error}.") from error


@runtime_checkable
class Tokenizer(Protocol):
    """Anything that turns a text into a list of str and back.

    Example:
        >>> isinstance(WordTokenizer(), Tokenizer)
        True
    """

    def encode(self, text: str) -> list[str]:
        """Cut a text into tokens."""

    def decode(self, tokens: list[str]) -> str:
        """Put tokens together into a text."""


class WordTokenizer:
    """The tokenizer used unless another is given: words and punctuation, nothing lost.

    Example:
        >>> WordTokenizer().encode("No tea.")
        ['No', ' tea', '.']
    """

    name = "words"

    def __repr__(self):
        return "WordTokenizer()"

    def encode(self, text):
        """Cut a text into tokens; see tokenize."""
        return tokenize(text)

    def encode_part(self, text):
        """Cut a text that goes on into tokens.

        Returns:
            (tokens, rest): the last token is left over as rest, since what follows may belong to
            it; every other one ends where the next begins, whatever follows.

        Example:
            >>> WordTokenizer().encode_part("No tea, no cu")
            (['No', ' tea', ',', ' no'], ' cu')
        """
        *tokens, rest = tokenize(text) or [""]
        return tokens, rest

    def decode(self, tokens):
        """Put tokens together; see detokenize."""
        return detokenize(tokens)


class HuggingFaceTokenizer:
    """Adapt a Tokenizer object of Hugging Face's `tokenizers` library.

    Args:
        tokenizer: an object with encode(text).tokens, token_to_id and decode.
    """

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        # Two tokenizers cut alike if they are written alike: only then may memories be merged.
        self.name = "hugging face " + hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:16]

    def encode(self, text):
        """Cut a text into the adapted tokenizer's tokens."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).tokens)

    def decode(self, tokens):
        """Put tokens together as the adapted tokenizer does."""
        return self.tokenizer.decode([self.tokenizer.token_to_id(token) for token in tokens])


def as_tokenizer(tokenizer):
    """Accept None, a Tokenizer or a Hugging Face one, and return a Tokenizer.

    Raises:
        ConfigurationError: the object has no encode and decode.
    """
    if tokenizer is None:
        return WordTokenizer()
    if hasattr(tokenizer, "token_to_id"):
        return HuggingFaceTokenizer(tokenizer)
    if not isinstance(tokenizer, Tokenizer):
        raise ConfigurationError(
            f"{type(tokenizer).__name__} is no tokenizer: it needs encode(text) -> list of str "
            "and decode(list of str) -> text."
        )
    return tokenizer


def sample_texts():
    """Return the four texts that come with the library, written for it.

    Two short stories that share phrases on purpose, a page of invented facts, and a tale in
    Italian.

    Returns:
        A dict: name -> text.

    Example:
        >>> sorted(sample_texts())
        ['atlas', 'clockmaker', 'lighthouse', 'mulino']
    """
    names = ("lighthouse", "clockmaker", "atlas", "mulino")
    folder = resources.files("memo_edu") / "samples"
    return {name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in names}
