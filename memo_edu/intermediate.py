"""The paper's intermediate memories: layers below the last remember the windows they saw."""

import copy

import array_api_compat

from memo_edu.backend import to_numpy
from memo_edu.errors import InputError
from memo_edu.memory import CorrelationMatrixMemory


class IntermediateMemories:
    """A memory for every layer but the last: C_λ maps the key of a window to its encoding.

    memorize   C_λ += Σ_i k_iᵀ e_i / (f_i·n_i)
    ask        the input of layer λ+1 is α·e + (1-α)·(k C_λ)

    Without the penalty f_i·n_i = 1. With it, a window that comes n times in a text is written n
    times with 1/n, and one that is stored already (f = 0) is not written again. What a write was
    divided by depends on the memory at that time, so it is returned, to be given to forget.

    Reading is linear in the key, so a window that is right in part is not completed. What they
    win and lose is measured in experiments/intermediate.py.

    Args:
        encoder: a ProjectionEncoder.
        alpha: α, in [0, 1]; 1 asks the memories nothing.
        penalty: whether windows that repeat are written once.

    Attributes:
        memories: l - 1 CorrelationMatrixMemory, the first layer's first; none if α = 1 and there
            is no penalty.
        asked: whether α < 1.

    Source: Zanzotto et al. 2025, MeMo, section 3.3.

    Example:
        >>> from memo_edu.encoders import make_encoder
        >>> encoder = make_encoder("projection", 64, heads=2, layers=2, backend="numpy")
        >>> lower = IntermediateMemories(encoder, alpha=0.5, penalty=False)
        >>> text = encoder.codebook.vectors(["a", "rose", "is", "a", "rose"])
        >>> divisors = lower.memorize(lambda: encoder.lower_windows(text))
        >>> lower.forget(lambda: encoder.lower_windows(text), divisors)
        >>> bool(abs(lower.memories[0].matrix).max() < 1e-6)
        True
    """

    def __init__(self, encoder, alpha, penalty):
        self.alpha, self.penalty = alpha, penalty
        self.asked = alpha < 1
        count = encoder.layers - 1 if self.asked or penalty else 0
        dim, backend = encoder.dim, encoder.backend
        self.memories = [CorrelationMatrixMemory(dim, dim, backend) for _ in range(count)]

    def memorize(self, windows):
        """Add the windows of one text.

        Args:
            windows: a function without arguments; it yields (layer, keys, encodings) for the full
                windows of the text, block by block, and the same whenever it is called.

        Returns:
            For every layer the list of f_i·n_i, or None without the penalty.

        Raises:
            InputError, CapacityError: see CorrelationMatrixMemory.memorize.
        """
        if not self.memories:
            return None
        divisors = self._divisors(windows) if self.penalty else None
        for layer, keys, encodings in self._scaled(windows, divisors):
            self.memories[layer - 1].memorize(keys, encodings)
        return divisors

    def forget(self, windows, divisors):
        """Take the windows of one text away again.

        Args:
            windows: see memorize.
            divisors: what memorize returned.

        Raises:
            InputError: the divisors do not belong to these windows.
        """
        if not self.memories:
            return
        for layer, keys, encodings in self._scaled(windows, divisors):
            self.memories[layer - 1].forget(keys, encodings)

    def complete(self, layer, keys, encodings):
        """Return what layer λ+1 takes in, when asked: α·e + (1-α)·(k C_λ).

        Args:
            layer: λ.
            keys: (n, d) keys of layer λ's windows.
            encodings: (n, d) their encodings.

        Returns:
            (n, d) array.
        """
        read = self.memories[layer - 1].retrieve(keys)
        return self.alpha * encodings + (1 - self.alpha) * read

    def copy(self):
        """Return memories of their own with the same content."""
        twin = copy.copy(self)
        twin.memories = [copy.copy(memory) for memory in self.memories]
        return twin

    def plus(self, matrices):
        """Return these memories with other ones' matrices added.

        Args:
            matrices: one (d, d) array a memory.

        Raises:
            InputError: there are more or fewer matrices, or their shape is wrong.
        """
        if len(matrices) != len(self.memories):
            raise InputError(f"{len(matrices)} matrices for {len(self.memories)} memories.")
        total = self.copy()
        for memory, matrix in zip(total.memories, matrices, strict=True):
            memory.add(matrix)
        return total

    def _divisors(self, windows):
        """Return f·n of every window, from two looks at the text; see the class.

        f_i = max(0, 1 - round(k_i C_λ · Σ_j e_j)) and n_i = round(e_i · Σ_j e_j).
        """
        totals, divisors = [0.0] * len(self.memories), [[] for _ in self.memories]
        for layer, _, encodings in windows():
            xp = array_api_compat.array_namespace(encodings)
            totals[layer - 1] = totals[layer - 1] + xp.sum(encodings, axis=0)
        for layer, keys, encodings in windows():
            xp = array_api_compat.array_namespace(encodings)
            stored = xp.round(self.memories[layer - 1].retrieve(keys) @ totals[layer - 1])
            times = xp.round(encodings @ totals[layer - 1])
            new = xp.where(stored < 1, 1 - stored, xp.zeros_like(stored))
            divisors[layer - 1] += to_numpy(new * times).astype(int).tolist()
        return divisors

    def _scaled(self, windows, divisors):
        """Yield the windows, the keys divided; a key that would be divided by 0 is set to 0."""
        done = [0] * len(self.memories)
        for layer, keys, encodings in windows():
            if divisors is not None:
                start, stop = done[layer - 1], done[layer - 1] + keys.shape[0]
                done[layer - 1] = stop
                keys = keys * self._factors(divisors[layer - 1][start:stop], keys)
            yield layer, keys, encodings
        if divisors is not None and done != [len(layer) for layer in divisors]:
            raise InputError("What was noted about these windows does not fit their number.")

    def _factors(self, divisors, keys):
        factors = [[1 / divisor if divisor else 0.0] for divisor in divisors]
        if len(factors) != keys.shape[0]:
            raise InputError("What was noted about these windows does not fit their number.")
        return self.memories[0].backend.asarray(factors, "float32")
