"""Reading again: what to do with a context in which a few tokens are not as they were memorized."""

from memo_edu.codebook import as_tokens, whole_number
from memo_edu.errors import InputError


def reread(model, context, most=3):
    """Put right the tokens of a context that the model remembers otherwise.

    One wrong token hides every window over it. But the tokens before it are as they were, and
    lead to the right one: where the model knows another token than it is given, it takes its
    own, the oldest first, until it knows what follows. It is for the binding encoder, which can
    tell what it knows. It looks at the last h² tokens.

    Args:
        model: a MeMo.
        context: a str or a list of tokens.
        most: how many tokens may be replaced. Without a limit a model would replace all that it
            never read by what it did read.

    Returns:
        A list of tokens, for predict or explain: the context as it is, if the model knows what
        follows, or if no replacement makes it so.

    Raises:
        NotMemorizedError: the memory is empty.
        InputError: most is not a positive whole number.

    Source: this library.

    Example:
        >>> from memo_edu.model import MeMo
        >>> model = MeMo(dim=1024, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> _ = model.memorize("The tea is hot and the cup is red.")
        >>> model.predict("The tea is warm").known
        False
        >>> reread(model, "The tea is warm")
        ['The', ' tea', ' is', ' hot']
    """
    whole_number(most, "most", error=InputError)
    is_text = isinstance(context, str)
    tokens = model.tokenizer.encode(context) if is_text else as_tokens(context)
    read = list(tokens)
    for _ in range(most):
        if model.predict(read, top=1).known:
            return read
        for place in range(max(0, len(read) - model.encoder.heads**2), len(read)):
            expected = model.predict(read[:place], top=1)
            if expected.known and expected.token != read[place]:
                read[place] = expected.token
                break
    return read if model.predict(read, top=1).known else tokens
