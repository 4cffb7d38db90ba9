"""Which keys the fine cells read, gathered tile by tile.

A fine cell reads a neighbourhood of coarse cells around its parent and one of fine cells around
itself. The cells of a square tile read nearly the same ones, so that a tile's attention is one
small dense product over the union of their neighbourhoods, with a bias that hides the rest. Fine
rows stand in tile order inside the model; no cell-by-cell gathering is needed then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.dsr.config import DsrConfig

HIDDEN = -10_000.0
"""Bias of a key that may not be seen: its weight is 0 in float32, its score finite in float16."""

LARGEST_TILE = 12  # cells per side: 384 keys for 144 queries with the released kernels


@dataclass(frozen=True)
class TilePlan:
    """n tiles of q cells, each over c coarse and f fine keys."""

    order: np.ndarray  # int64 [n * q]: row-major fine cell that stands at each place
    place: np.ndarray  # int64 [n * q]: place of each row-major fine cell
    coarse: np.ndarray  # int64 [n, c]: row-major coarse cells
    fine: np.ndarray  # int64 [n, f]: places of fine cells
    bias: np.ndarray  # float32 [n, q, c + f]: 0 or HIDDEN

    @property
    def tiles(self) -> int:
        return len(self.coarse)


def plan_tiles(config: DsrConfig, side: int | None = None) -> TilePlan:
    """`side` in fine cells; by default the largest one up to LARGEST_TILE that divides the grid.

    Raises ValueError when it does not.
    """
    grid = config.fine_grid
    side = side or max(s for s in range(1, LARGEST_TILE + 1) if grid % s == 0)
    if grid % side:
        raise ValueError(f"tiles of {side} cells do not divide a grid of {grid}")
    corners = [(row, column) for row in range(0, grid, side) for column in range(0, grid, side)]
    squares = [_rectangle(corner, (side, side)) for corner in corners]
    factor = grid // config.coarse_grid
    coarse, sees_coarse = _keys(
        [cells // factor for cells in squares], config.coarse_kernel, config.coarse_grid
    )
    fine, sees_fine = _keys(squares, config.fine_kernel, grid)
    order = _flat(np.concatenate(squares), grid)
    place = np.argsort(order)
    visible = np.concatenate([sees_coarse, sees_fine], axis=-1)
    bias = np.where(visible, 0, HIDDEN).astype(np.float32)
    return TilePlan(order, place, _flat(coarse, config.coarse_grid), place[_flat(fine, grid)], bias)


def _keys(
    centres: list[np.ndarray], kernel: tuple[int, int], grid: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cells [n, k, 2] that a tile's queries may read and, of each query, which it does [n, q, k].

    `centres` holds (row, column) of the middle of every query's neighbourhood, [q, 2] per tile.
    Each tile reads one rectangle inside the grid, as large as the largest that any tile needs.
    """
    reach = np.array(kernel) // 2
    first = np.stack([cells.min(0) for cells in centres]) - reach
    last = np.stack([cells.max(0) for cells in centres]) + reach
    size = np.minimum((last - first + 1).max(0), grid)
    corners = np.clip(first, 0, grid - size)
    keys = np.stack([_rectangle(corner, size) for corner in corners])
    distance = np.abs(np.stack(centres)[:, :, None] - keys[:, None])
    return keys, (distance <= reach).all(-1)


def _rectangle(corner: Sequence[int], size: Sequence[int]) -> np.ndarray:
    """(row, column) of its cells in row-major order, [rows * columns, 2]."""
    rows, columns = (np.arange(n) + start for start, n in zip(corner, size, strict=True))
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)


def _flat(cells: np.ndarray, grid: int) -> np.ndarray:
    """(row, column) [..., 2] -> row-major number [...]."""
    return cells[..., 0] * grid + cells[..., 1]
