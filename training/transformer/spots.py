"""Which vectors a cell gets of the spot that its frame's body is told to be in.

They depend on where the cell is as the body sees it: so many columns before or behind its centre,
of a body that faces the viewer left or right of it, and so many rows above or below its feet. So
what is learnt of a body at one place is known of it everywhere, facing either way.
"""

from __future__ import annotations

import numpy as np

_FACINGS = 3
"""Right, left, to the viewer; in this order in a spot: (facing * columns + column) * rows + row."""


def spots_in(columns: int, rows: int = 0) -> int:
    """Spots that a frame can be told, the last one "untold"; without columns that one alone.
    Without rows a spot tells none."""
    return _FACINGS * columns * max(rows, 1) + 1


def columns_in(spots: int, rows: int = 0) -> int:
    """Inverse of `spots_in`."""
    return (spots - 1) // (_FACINGS * max(rows, 1))


def spot_rows_in(columns: int) -> int:
    """Vectors for bodies seen from the side, from the front, and of which no spot is told."""
    return 2 * (2 * columns - 1) + 1


def height_rows_in(rows: int) -> int:
    """Vectors for cells above and below the feet, and of bodies of which no spot is told."""
    return 2 * rows


def spot_row_table(columns: int, grid: int, rows: int = 0) -> np.ndarray:
    """int64 [spots_in(columns, rows), grid]: for every spot and column of cells which of the
    `spot_rows_in(columns)` vectors the cells get."""
    offsets = 2 * columns - 1
    right = _offsets(columns, grid)
    sides = np.concatenate([right, -right, right + offsets]) + columns - 1
    untold = np.full((1, grid), 2 * offsets)
    return np.concatenate([np.repeat(sides, max(rows, 1), axis=0), untold])


def height_row_table(columns: int, grid: int, rows: int) -> np.ndarray:
    """int64 [spots_in(columns, rows), grid]: for every spot and row of cells which of the
    `height_rows_in(rows)` vectors the cells get."""
    below = _offsets(rows, grid) + rows - 1
    untold = np.full((1, grid), height_rows_in(rows) - 1)
    return np.concatenate([np.tile(below, (_FACINGS * columns, 1)), untold])


def _offsets(places: int, grid: int) -> np.ndarray:
    """int64 [places, grid]: how many places behind each one a cell of a line is; the first and the
    last place are the edges of the line."""
    cells = np.round((np.arange(grid) + 0.5) * (places - 1) / grid).astype(np.int64)
    return cells[None] - np.arange(places)[:, None]
