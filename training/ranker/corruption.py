"""Breaks key frames as drawings break.

The picture tokens of a render are clean; a drawn clip has stray codes, cells that a subject left
behind, and at worst frames that show something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Corruption:
    """Share of clips that each kind of damage befalls, and how strong it may be."""

    shifted: float = 0.5  # moved by up to one cell, as another framing would
    stray: float = 0.35  # random codes in up to `most_stray` of the cells
    stale: float = 0.35  # cells of the frame before in up to `most_stale` of the cells
    foreign: float = 0.2  # a rectangle of another clip's cells in one frame
    exchanged: float = 0.15  # one to three frames of another clip
    most_stray: float = 0.08
    most_stale: float = 0.25


def corrupt(
    tokens: np.ndarray, codes: int, rng: np.random.Generator, how: Corruption | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A damaged copy of tokens int [B, 5, C], and which clip of the batch each frame now shows,
    int [B, 5]. Cells and frames of other clips come from the batch."""
    how = how or Corruption()
    count, frames, cells = tokens.shape
    side = int(cells**0.5)
    source = tokens.reshape(count, frames, side, side)
    grids = source.copy()
    shows = np.repeat(np.arange(count)[:, None], frames, axis=1)

    def struck(share: float) -> np.ndarray:
        return np.flatnonzero(rng.random(count) < share)

    for i in struck(how.shifted):
        grids[i] = _shifted(grids[i], *rng.integers(-1, 2, 2))
    for i in struck(how.stale):
        old = rng.random((frames - 1, side, side)) < rng.uniform(0, how.most_stale)
        grids[i, 1:][old] = source[i, :-1][old]
    for i in struck(how.stray):
        hit = rng.random((frames, side, side)) < rng.uniform(0, how.most_stray)
        grids[i][hit] = rng.integers(0, codes, int(hit.sum()))
    for i in struck(how.foreign):
        _paste(grids[i], source[rng.integers(count)], rng)
    for i in struck(how.exchanged if count > 1 else 0):
        other = int(i + rng.integers(1, count)) % count
        chosen = rng.permutation(frames)[: rng.integers(1, 4)]
        grids[i, chosen], shows[i, chosen] = source[other, chosen], other
    return grids.reshape(tokens.shape), shows


def _shifted(frames: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """All frames [5, G, G] moved alike; the border is repeated."""
    side = frames.shape[1]
    row = np.clip(np.arange(side) - rows, 0, side - 1)
    column = np.clip(np.arange(side) - columns, 0, side - 1)
    return frames[:, row][:, :, column]


def _paste(frames: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> None:
    """A rectangle of up to a third of each side, in one frame."""
    side = frames.shape[1]
    height, width = rng.integers(1, max(2, side // 3 + 1), 2)
    top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
    where = np.s_[rng.integers(len(frames)), top : top + height, left : left + width]
    frames[where] = other[where]
