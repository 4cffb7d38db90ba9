"""Runs one transformer graph over a batch of sequences: prefill, then one cell per step.

The twin of workers/runtime/transformerRunner.ts and workers/sampling/visibility.ts, in NumPy, for
many sequences at once: decoding is bound by reading the weights, which a batch shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort

from training.evaluation.region_cache import RegionCache, RegionLayout, region_layout
from training.transformer.config import FRAMES, Window
from training.transformer.visibility import MASKED, image_position

KEY_FRAME_ORDER = (0, 1, 2, 3, 4)
INTERPOLATION_ORDER = (0, 2, 4, 1, 3)  # as frames enter the caches; the first three are given
GIVEN = 3

# Largest attention matrix of a prefill, all heads of all its sequences, in floats.
_PREFILL_FLOATS = 1 << 25


class TransformerRunner:
    """Caches of B sequences over one text each. `texts`: ids of each, at most textLength;
    `opening`: ids int [B, 5] that open their frame slots, None: BOI; `lag` as in
    training/transformer/visibility.py, of key frames."""

    def __init__(
        self,
        session: ort.InferenceSession,
        manifest: dict[str, Any],
        texts: Sequence[np.ndarray],
        windows: Sequence[dict[str, int]],
        order: Sequence[int],
        text_boost: float = 0.0,
        opening: np.ndarray | None = None,
        lag: int = 0,
    ) -> None:
        self.lag = lag
        self.session, self.manifest, self.order = session, manifest, order
        self.grid = manifest["grid"]
        self.cells = self.grid**2
        self.texts = texts
        self.text_slots = max(1, *(len(text) for text in texts))
        self.lengths = np.array([len(text) for text in texts])
        self.text_boost = text_boost
        boi = np.full((len(texts), FRAMES), manifest["ids"]["beginOfImage"], np.int32)
        self.opening = boi if opening is None else opening.astype(np.int32)
        self.layouts = [region_layout(self.grid, Window(**window)) for window in windows]
        self.layouts = self.layouts or [region_layout(self.grid, None)]
        shape = manifest["architecture"]
        self._heads, self._head_dim = shape["heads"], shape["headDim"]
        self.cache = RegionCache(len(texts), self.text_slots, self.grid, self.layouts,
                                 shape["layers"], self._heads, self._head_dim,
                                 FRAMES if lag else 1)  # fmt: skip
        self._output_names = [output.name for output in session.get_outputs()]
        inputs = [value.name for value in session.get_inputs()]
        self._reads_text, self._summary_once = "text" in inputs, "summary" in inputs
        self._reads_opening = "opening" in inputs
        self._asks_rows = "rows" in inputs  # graphs that also draw masked cells
        # The texts' summaries [B, 1, hidden], which graphs of before computed at every step.
        self._summary = np.zeros((len(texts), 1, shape["hidden"]), np.float32)
        self._padded_texts = np.full(
            (len(texts), self.text_slots), manifest["ids"]["pad"], np.int32
        )
        for row, text in zip(self._padded_texts, texts, strict=True):
            row[: len(text)] = text
        # One row of biases per text length, made once: only the cells change from step to step.
        self._text_bias = self._text_columns(text_boost)
        self._plain_text_bias = self._text_columns(0.0)

    def prefill(self, given: np.ndarray) -> None:
        """Runs text and given frames once and keeps their keys and values.

        given: tokens int [B, frames, C] in cache order; [B, 0, C] for text alone.
        """
        rows = self.text_slots + given.shape[1] * self.cells
        floats = rows * rows * (2 * self._heads + len(self.layouts) + 1)
        chunk = max(1, _PREFILL_FLOATS // floats)
        for first in range(0, len(given), chunk):
            part = slice(first, min(first + chunk, len(given)))
            new = self._run(self._prefill_feeds(given[part], part))
            if self._summary_once:
                self._summary[part] = new["summary"]
            self.cache.keep_prefill(new, first, given.shape[1])

    def step(self, order: int, cell: int, ids: np.ndarray, hints: np.ndarray) -> np.ndarray:
        """Logits float32 [B, K] of one cell; ids int32 [B] and hints int32 [B, 2] of its row.

        `order` counts frames as they enter the caches; cells come in order within a frame, with a
        lag those of several frames in turns.
        """
        manifest = self.manifest
        position = image_position(manifest["textLength"], self.grid, self.order[order], cell)
        spatial, temporal = self._step_biases(order, cell)
        feeds = {
            "ids": ids[:, None].astype(np.int32),
            "positions": np.full((len(ids), 1), position, np.int32),
            "spatial_bias": spatial,
            "temporal_bias": temporal,
            **self.cache.feeds(cell, order),
        }
        if manifest["architecture"]["previousFrameHint"]:
            feeds["hints"] = hints[:, None].astype(np.int32)
        if self._reads_opening:
            feeds["opening"] = self.opening[:, self.order[order], None]
        if self._reads_text:
            feeds["text"] = self._padded_texts
        if self._summary_once:
            feeds |= {"text": self._padded_texts[:0], "summary": self._summary}
        new = self._run(feeds)
        self.cache.keep_step(new, order, cell)
        return new["logits"]

    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name, logits [B, K] of the last row; new cache rows under the name of their
        cache."""
        if self._asks_rows:
            feeds["rows"] = np.array([feeds["ids"].shape[1] - 1], np.int32)
        found = self.session.run(self._output_names, feeds)
        names = [name.removeprefix("new_") for name in self._output_names]
        # New rows have a leading 1; those of older packages have none.
        outputs = dict(zip(names, (o.reshape(o.shape[-4:]) for o in found), strict=True))
        if self._asks_rows:
            outputs["logits"] = outputs["logits"][:, 0]
        return outputs

    def _text_columns(self, boost: float) -> np.ndarray:
        """float32 [B, text_slots]: real text visible (plus boost), padding hidden."""
        real = np.arange(self.text_slots) < self.lengths[:, None]
        return np.where(real, np.float32(boost), np.float32(MASKED))

    def _step_biases(self, order: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
        """Biases of one row over caches at full capacity plus the row's own key."""
        count, text = len(self.lengths), self.text_slots
        spatial = self._bias_rows(count, self.cache.spatial_rows, text + cell)
        patterns = [
            self._bias_rows(count, self.cache.temporal_rows, layout.slot(text, order, cell))
            for layout in self.layouts
        ]
        for bias, layout in zip(patterns, self.layouts, strict=True):
            for hidden in self._behind_lag(layout, order, cell):
                bias[:, hidden] = MASKED
        return spatial[:, None, None], np.stack(patterns)[:, :, None, None]

    def _behind_lag(self, layout: RegionLayout, order: int, cell: int) -> Iterator[slice]:
        """The cache rows that the lag hides, of each frame that was drawn before."""
        region = layout.region[cell]
        for before in range(order) if self.lag else ():
            seen = np.count_nonzero(layout.region[: cell + (order - before) * self.lag] == region)
            size = int(layout.sizes[region])
            first = self.text_slots + before * size
            yield slice(first + seen, first + size)

    def _bias_rows(self, count: int, rows: int, visible: int) -> np.ndarray:
        """float32 [B, rows + 1]: text, then the rows below `visible`, and the row's own key."""
        bias = np.full((count, rows + 1), MASKED, np.float32)
        bias[:, : self.text_slots] = self._text_bias
        bias[:, self.text_slots : visible] = 0
        bias[:, -1] = 0
        return bias

    def _prefill_feeds(self, given: np.ndarray, part: slice) -> dict[str, np.ndarray]:
        """One run after a hidden dummy cache row; hints are null in every prefilled row."""
        manifest, text = self.manifest, self.text_slots
        count, frames = given.shape[:2]
        ids = np.full((count, text + frames * self.cells), manifest["ids"]["pad"], np.int32)
        ids[:, :text] = self._padded_texts[part]
        opening = np.full_like(ids, manifest["ids"]["beginOfImage"])
        for frame in range(frames):
            start = text + frame * self.cells
            own = self.opening[part, self.order[frame], None]
            opening[:, start : start + self.cells] = own
            ids[:, start] = own[:, 0]
            ids[:, start + 1 : start + self.cells] = given[:, frame, :-1]
        positions = [np.arange(text)]
        for frame in range(frames):
            first = image_position(manifest["textLength"], self.grid, self.order[frame], 0)
            positions.append(first + np.arange(self.cells))
        spatial, temporal = self._prefill_biases(frames, part)
        dummy = np.zeros((count, self._heads, 1, self._head_dim), np.float32)
        feeds = {name: dummy for name in self.cache.feeds(0)}
        feeds |= {
            "ids": ids,
            "positions": np.tile(np.concatenate(positions).astype(np.int32), (count, 1)),
            "spatial_bias": spatial,
            "temporal_bias": temporal,
        }
        if manifest["architecture"]["previousFrameHint"]:
            feeds["hints"] = np.full((*ids.shape, 2), manifest["ids"]["nullHint"], np.int32)
        if self._reads_opening:
            feeds["opening"] = opening
        if self._reads_text:
            feeds["text"] = self._padded_texts[part]
        if self._summary_once:
            feeds["summary"] = self._summary[:0]
        return feeds

    def _prefill_biases(self, frames: int, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """spatial [b, 1, S, 1 + S], temporal [W, b, 1, S, 1 + S]; S text rows, then the frames.

        Given frames see each other wholly: in the spatial channel their own frame, in the temporal
        channel their region of all. The text boost concerns the spatial image rows only.
        """
        text, cells = self.text_slots, self.cells
        plain, boosted = self._plain_text_bias[part], self._text_bias[part]
        rows = text + frames * cells
        spatial = np.full((len(plain), 1, rows, 1 + rows), MASKED, np.float32)
        spatial[:, 0, :text, 1 : 1 + text] = plain[:, None]
        spatial[:, 0, text:, 1 : 1 + text] = boosted[:, None]
        for frame in range(frames):
            own = slice(text + frame * cells, text + (frame + 1) * cells)
            spatial[:, 0, own, 1 + own.start : 1 + own.stop] = 0
        temporal = np.full((len(self.layouts), len(plain), 1, rows, 1 + rows), MASKED, np.float32)
        temporal[..., 1 : 1 + text] = plain[None, :, None, None]
        for bias, layout in zip(temporal, self.layouts, strict=True):
            same = np.equal.outer(layout.region, layout.region)
            bias[:, 0, text:, 1 + text :][:, np.tile(same, (frames, frames))] = 0
        return spatial, temporal
