"""Keys and values of a batch, one temporal cache per layer and window region.

The twin of workers/runtime/kvCache.ts: a decode step hands the graph only the region that its cell
may see, so attention reads a few hundred rows instead of all cells of five frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.export.transformer_graph import CACHES
from training.transformer.config import FRAMES, Window
from training.transformer.visibility import region_ids


@dataclass(frozen=True)
class RegionLayout:
    """The cells of a frame, parted into the regions of one window pattern."""

    region: np.ndarray  # int32 [C]: region of each cell
    rank: np.ndarray  # int64 [C]: place of each cell within its region, in row-major order
    sizes: np.ndarray  # int64 [regions]

    def slot(self, text_slots: int, order: int, cell: int) -> int:
        """Row of a cell in its region's cache; `order` counts frames as they enter the caches."""
        return int(text_slots + order * self.sizes[self.region[cell]] + self.rank[cell])


def region_layout(grid: int, window: Window | None) -> RegionLayout:
    region = region_ids(grid, window)
    sizes = np.bincount(region)
    rank = np.array([(region[:cell] == region[cell]).sum() for cell in range(len(region))])
    return RegionLayout(region, rank, sizes)


class RegionCache:
    """Caches of B sequences at full capacity; unused rows are zero and hidden by the biases."""

    def __init__(
        self,
        sequences: int,
        text_slots: int,
        grid: int,
        layouts: list[RegionLayout],
        layers: int,
        heads: int,
        head_dim: int,
        open_frames: int = 1,
    ) -> None:
        """open_frames: that many neighbouring frames can be drawn in turns."""
        self.text_slots, self.cells, self.layouts = text_slots, grid * grid, layouts
        self.layers = layers
        self.spatial_rows = text_slots + self.cells
        largest = max(int(layout.sizes.max()) for layout in layouts)
        self.temporal_rows = text_slots + FRAMES * largest

        def zeros(rows: int) -> np.ndarray:
            return np.zeros((sequences, heads, rows, head_dim), np.float32)

        # By cache name: the spatial array, for each open frame, or the temporal arrays by region.
        self._open: list[dict[str, np.ndarray]] = [{} for _ in range(open_frames)]
        self._temporal: dict[str, list[np.ndarray]] = {}
        for layer in range(layers):
            for name in CACHES[:2]:
                for spatial in self._open:
                    spatial[f"{name}_{layer}"] = zeros(self.spatial_rows)
            for name in CACHES[2:]:
                regions = self.layout(layer).sizes
                self._temporal[f"{name}_{layer}"] = [zeros(self.temporal_rows) for _ in regions]

    def layout(self, layer: int) -> RegionLayout:
        return self.layouts[layer % len(self.layouts)]

    def feeds(self, cell: int, order: int = 0) -> dict[str, np.ndarray]:
        """The caches that the step of a frame's cell reads, by input name."""
        temporal = {
            name: regions[self._layout_of(name).region[cell]]
            for name, regions in self._temporal.items()
        }
        return self._spatial_of(order) | temporal

    def keep_step(self, new: dict[str, np.ndarray], order: int, cell: int) -> None:
        """Keeps the rows [B, H, 1, D] of one step, by cache name."""
        for name, array in self._spatial_of(order).items():
            array[:, :, self.text_slots + cell] = new[name][:, :, 0]
        for name, regions in self._temporal.items():
            layout = self._layout_of(name)
            row = layout.slot(self.text_slots, order, cell)
            regions[layout.region[cell]][:, :, row] = new[name][:, :, 0]

    def keep_prefill(self, new: dict[str, np.ndarray], first: int, given: int) -> None:
        """Keeps rows [b, H, text + given * C, D] of the sequences from `first` on: text in all
        caches, the given frames in the temporal ones only, since no later frame sees them in the
        spatial channel."""
        text = self.text_slots
        for spatial in self._open:
            for name, array in spatial.items():
                rows = new[name]
                array[first : first + len(rows), :, :text] = rows[:, :, :text]
        for name, regions in self._temporal.items():
            rows = new[name]
            layout = self._layout_of(name)
            for region, array in enumerate(regions):
                part = array[first : first + len(rows)]
                part[:, :, :text] = rows[:, :, :text]
                cells = np.flatnonzero(layout.region == region)
                for order in range(given):
                    start = text + order * len(cells)
                    source = text + order * self.cells + cells
                    part[:, :, start : start + len(cells)] = rows[:, :, source]

    def copy_frame(self, order: int, source: np.ndarray) -> None:
        """Gives every sequence the temporal rows of frame `order` that sequence source [B] has. The
        spatial caches hold the present frame alone, so nothing of a finished one is read again."""
        for name, regions in self._temporal.items():
            layout = self._layout_of(name)
            for region, array in enumerate(regions):
                size = int(layout.sizes[region])
                first = self.text_slots + order * size
                array[:, :, first : first + size] = array[source, :, first : first + size]

    def copy_all(self, source: np.ndarray) -> None:
        """Gives every sequence all rows that sequence source [B] has."""
        for spatial in self._open:
            for array in spatial.values():
                array[:] = array[source]
        for regions in self._temporal.values():
            for array in regions:
                array[:] = array[source]

    def _spatial_of(self, order: int) -> dict[str, np.ndarray]:
        return self._open[order % len(self._open)]

    def _layout_of(self, name: str) -> RegionLayout:
        return self.layout(int(name.rsplit("_", 1)[1]))
