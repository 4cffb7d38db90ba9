"""Which cells of the wanted frames are hidden in a training clip, to learn to draw many at once.

The share of hidden cells is that of a random moment of such a drawing: cos(pi u / 2), u uniform in
0..1, as in MaskGIT (Chang et al., arXiv 2202.04200, section 3.2). Both frames are hidden together,
because they are drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from training.transformer.config import NOT_DRAWN, WANTED_SLOTS


def hidden_share(done: float) -> float:
    """The share of the cells that are not drawn when the share `done` (0..1) of the passes is."""
    return float(np.cos(np.pi / 2 * done))


def with_hidden_cells(
    tokens: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A copy of int [B, N] with NOT_DRAWN in random cells of every row, at least one, and bool
    [B, N]: which ones."""
    hidden = np.zeros(tokens.shape, bool)
    for row in hidden:
        count = max(1, round(hidden_share(rng.random()) * len(row)))
        row[rng.permutation(len(row))[:count]] = True
    return np.where(hidden, NOT_DRAWN, tokens), hidden


def with_masked_cells(
    tokens: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A copy of int [B, 5, C] with NOT_DRAWN in random cells of slots 1 and 3, at least one a clip,
    and bool [B, 2, C]: which ones."""
    wanted = tokens[:, list(WANTED_SLOTS)]
    seen, hidden = with_hidden_cells(wanted.reshape(len(tokens), -1), rng)
    read = tokens.copy()
    read[:, list(WANTED_SLOTS)] = seen.reshape(wanted.shape)
    return read, hidden.reshape(wanted.shape)


def hidden_copies(
    tokens: np.ndarray, copied: Sequence[int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The key frames `copied` of int [B, 5, C] with NOT_DRAWN in random cells of every one, int
    [B, M, C], and bool of this shape: which ones."""
    chosen = tokens[:, list(copied)]
    seen, hidden = with_hidden_cells(chosen.reshape(-1, chosen.shape[2]), rng)
    return seen.reshape(chosen.shape), hidden.reshape(chosen.shape)
