"""The paper's experiment with decoys at full size, beside what was published."""

import itertools

from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.experiments.layers import multilayer_recall

# (d, decoys, l) -> iteration -> recall of the first rows. Published figures count iterations from
# 0; these are counted from 1, as in multilayer_recall.
PUBLISHED = {
    (1024, 0, 1): {1: 0.801, 2: 0.283},
    (1024, 0, 2): {1: 0.837, 2: 0.321},
    (1024, 0, 3): {1: 0.841, 2: 0.341},
    (1024, 20, 1): {1: 0.154},
    (1024, 20, 2): {1: 0.343},
    (1024, 20, 3): {1: 0.501, 2: 0.220},
    (1024, 40, 3): {1: 0.152, 2: 0.121},
    (2048, 0, 1): dict(
        enumerate((1.0, 0.997, 0.940, 0.790, 0.616, 0.466, 0.349, 0.268, 0.207, 0.163), start=1)
    ),
    (2048, 0, 2): {3: 0.952},
    (2048, 0, 3): {3: 0.943},
    (2048, 20, 3): {1: 0.956, 2: 0.853},
    (4096, 20, 1): {10: 0.386},
    (4096, 20, 2): {10: 0.702},
    (4096, 20, 3): {10: 0.826},
    (8192, 20, 1): {10: 0.920},
    (8192, 20, 2): {10: 0.958},
    (8192, 20, 3): {10: 0.956},
    (8192, 40, 1): {10: 0.206},
    (8192, 40, 2): {10: 0.538},
    (8192, 40, 3): {10: 0.826},
}


@until_interrupted
def published_recall(
    dims=(4096, 8192),
    layers=(1, 2, 3),
    decoys=(0, 20, 40),
    encoders=("projection", "binding"),
    iterations=10,
    sample=None,
    seed=0,
    backend="auto",
):
    """Run multilayer_recall in every published size, and put what was published beside it.

    The largest models come first, so that one that does not fit is known at once. All else is as
    in the paper: h = 4, 30 rows of 1,024 tokens an iteration, V = 50,277.

    Args:
        dims: d, any number of them.
        layers: l, any number of them.
        decoys: how many copies of its own tokens a row has, any number of them.
        encoders: see MeMo; published is "projection".
        iterations: how often new rows are memorized.
        sample: how many random places to measure recall at; None takes all.
        seed: another seed is another experiment.
        backend: see get_backend.

    Returns:
        One dict for each size and iteration: encoder, dim, layers, decoys, what multilayer_recall
        tells of the iteration, and published, the paper's recall of the first rows there (None if
        it is not told). Interrupted, it returns what was measured.

    Raises:
        ConfigurationError: a size is wrong.
        CapacityError: a model does not fit in the free memory.

    Source: Zanzotto et al. 2025, MeMo, section 4.2, and the tables that its authors released.

    Example:
        >>> record = published_recall([64], [1], [0], ["binding"], 1, sample=9, backend="numpy")[0]
        >>> record["dim"], record["layers"], record["tokens"], record["published"]
        (64, 1, 30720, None)
    """
    largest_first = (sorted(sizes, reverse=True) for sizes in (dims, layers))
    for dim, layer, encoder, copies in itertools.product(*largest_first, encoders, decoys):
        measured = multilayer_recall.__wrapped__(  # Ctrl-C is for this experiment, not for that one
            dim,
            layer,
            copies,
            iterations=iterations,
            encoder=encoder,
            sample=sample,
            seed=seed,
            backend=backend,
        )
        told = PUBLISHED.get((dim, copies, layer), {})
        for record in measured:
            sizes = {"encoder": encoder, "dim": dim, "layers": layer, "decoys": copies}
            yield sizes | record | {"published": told.get(record["iteration"])}
