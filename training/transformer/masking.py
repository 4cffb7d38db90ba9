"""Which cells of the wanted frames are hidden in a training clip, to learn to draw many at once.

The share of hidden cells is that of a random moment of such a drawing: cos(pi u / 2), u uniform in
0..1, as in MaskGIT (Chang et al., arXiv 2202.04200, section 3.2). Both frames are hidden together,
because they are drawn together.
"""

from __future__ import annotations

import numpy as np
from training.transformer.config import NOT_DRAWN, WANTED_SLOTS


def hidden_share(done: float) -> float:
    """The share of the cells that are not drawn when the share `done` (0..1) of the passes is."""
    return float(np.cos(np.pi / 2 * done))


def with_masked_cells(
    tokens: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A copy of int [B, 5, C] with NOT_DRAWN in random cells of slots 1 and 3, at least one a clip,
    and bool [B, 2, C]: which ones."""
    clips, _, cells = tokens.shape
    wanted = len(WANTED_SLOTS) * cells
    masked = np.zeros((clips, wanted), bool)
    for row in masked:
        count = max(1, round(hidden_share(rng.random()) * wanted))
        row[rng.permutation(wanted)[:count]] = True
    masked = masked.reshape(clips, len(WANTED_SLOTS), cells)
    read = tokens.copy()
    read[:, list(WANTED_SLOTS)] = np.where(masked, NOT_DRAWN, tokens[:, list(WANTED_SLOTS)])
    return read, masked
