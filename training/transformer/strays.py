"""Wrong tokens among what the model has drawn so far, as sampling makes them.

Trained on renders alone, a model trusts every token before the present one, so that one wrong code
is continued by others. Some clips are therefore read with damage while the targets stay true, the
cheap form of scheduled sampling (Bengio et al., arXiv 1506.03099).
"""

from __future__ import annotations

import numpy as np

MOST_STRAYS = 0.12
"""Greatest share of scattered wrong cells in a damaged clip."""
RECTANGLES = 0.4
"""Share of the damaged clips that get rectangles of a foreign clip instead of scattered cells."""
MOST_FRAMES = 3  # with a rectangle
MOST_CELLS = 5  # along a rectangle's side


def with_strays(
    tokens: np.ndarray, foreign: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """A copy of tokens [B, F, C] in which about `share` of the clips are damaged.

    Scattered cells take the code of a neighbour or that of the same cell of another clip, one of
    foreign [B, F, C]; rectangles come from the other clip.
    """
    damaged = tokens.copy()
    for clip in np.flatnonzero(rng.random(len(tokens)) < share):
        if rng.random() < RECTANGLES:
            _paste_rectangles(damaged[clip], foreign[clip], rng)
        else:
            _scatter(damaged[clip], foreign[clip], rng)
    return damaged


def _scatter(clip: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> None:
    side = int(clip.shape[1] ** 0.5)
    hit = rng.random(clip.shape) < rng.uniform(0, MOST_STRAYS)
    steps = rng.choice([-side, -1, 1, side], clip.shape)
    neighbours = np.clip(np.arange(clip.shape[1]) + steps, 0, clip.shape[1] - 1)
    near = np.take_along_axis(clip, neighbours, axis=1)
    clip[hit] = np.where(rng.random(clip.shape) < 0.5, near, other)[hit]


def _paste_rectangles(clip: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> None:
    frames, cells = clip.shape
    side = int(cells**0.5)
    grid, source = clip.reshape(frames, side, side), other.reshape(frames, side, side)
    for frame in rng.permutation(frames)[: rng.integers(1, MOST_FRAMES + 1)]:
        height, width = rng.integers(1, min(MOST_CELLS, side) + 1, 2)
        top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
        part = (frame, slice(top, top + height), slice(left, left + width))
        grid[part] = source[part]
