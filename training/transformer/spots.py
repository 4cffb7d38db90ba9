"""Which vector a cell gets of the spot that its frame's body is told to be in.

It depends on where the cell is as the body sees it: so many columns before or behind its centre, of
a body that faces the viewer left or right of it. So what is learnt of a body at one place is known
of it everywhere, facing either way.
"""

from __future__ import annotations

import numpy as np

_FACINGS = 3
"""Right, left, to the viewer; in this order in a spot: facing * columns + column."""


def spots_in(columns: int) -> int:
    """Spots that a frame can be told, the last one "untold"; without columns that one alone."""
    return _FACINGS * columns + 1


def columns_in(spots: int) -> int:
    """Inverse of `spots_in`."""
    return (spots - 1) // _FACINGS


def spot_rows_in(columns: int) -> int:
    """Vectors for bodies seen from the side, from the front, and of which no spot is told."""
    return 2 * (2 * columns - 1) + 1


def spot_row_table(columns: int, grid: int) -> np.ndarray:
    """int64 [spots_in(columns), grid]: for every spot and column of cells which of the
    `spot_rows_in(columns)` vectors the cells get."""
    offsets = 2 * columns - 1
    cells = np.round((np.arange(grid) + 0.5) * (columns - 1) / grid).astype(np.int64)
    right = cells[None] - np.arange(columns)[:, None]
    sides = [right, -right, right + offsets]
    told = np.concatenate(sides) + columns - 1
    untold = np.full((1, grid), 2 * offsets)
    return np.concatenate([told, untold])
