"""A transformer graph in onnxruntime, used like the torch model by decoder and sampler."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor

from training.export.transformer_graph import CACHES
from training.transformer.config import TransformerConfig
from training.transformer.model import LayerCache


def open_session(model: Path | bytes, threads: int = 1) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


class OnnxTransformer:
    """Has the parts of `Transformer` that decoding needs: config, step, empty_caches."""

    def __init__(self, session: ort.InferenceSession, config: TransformerConfig) -> None:
        self.session = session
        self.config = config
        inputs = getattr(session, "get_inputs", list)()  # sharded sessions have none to ask for
        names = [value.name for value in inputs]
        self._summary_once = "summary" in names
        self._reads_opening = "opening" in names
        # A config that a manifest tells has no width of the summary.
        self._reads_text = bool(config.text_summary) or "text" in names
        self._texts: Tensor | None = None
        self._summary: np.ndarray | None = None
        """Of `_texts`, [B, 1, hidden]."""

    def step(
        self,
        ids: Tensor,
        hints: Tensor | None,
        positions: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        caches: list[LayerCache],
        text: Tensor | None = None,
        temporal_share: Tensor | None = None,
        rows: Tensor | None = None,
        opening: Tensor | None = None,
    ) -> tuple[Tensor, list[LayerCache]]:
        """As `Transformer.step`."""
        feeds = {
            "ids": _int32(ids),
            "positions": _int32(positions),
            "spatial_bias": spatial_bias.numpy(),
            "temporal_bias": temporal_bias.numpy(),
        }
        if hints is not None:
            feeds["hints"] = _int32(hints)
        if self._reads_opening:
            assert opening is not None, "this graph reads at every step what opens the frame"
            feeds["opening"] = _int32(opening)
        if self._reads_text:
            assert text is not None, "this graph reads the text at every step"
            feeds |= self._text_feeds(text)
        if self.config.base_first_frame:
            assert temporal_share is not None, "this graph asks which channels draw"
            feeds["temporal_share"] = temporal_share.numpy()
        if rows is not None:
            feeds["rows"] = _int32(rows)
        for layer, cache in enumerate(caches):
            feeds |= {f"{n}_{layer}": kept.numpy() for n, kept in zip(CACHES, cache, strict=True)}
        logits, *made = map(torch.from_numpy, self.session.run(None, feeds))
        if self._summary_once:
            summary = made.pop()
            if len(summary):
                self._texts, self._summary = text, summary.numpy()
        new = [rows.reshape(rows.shape[-4:]) for rows in made]  # older graphs had no leading 1
        size = len(CACHES)
        cached = [tuple(new[i : i + size]) for i in range(0, len(new), size)]
        return logits, cached  # type: ignore[return-value]

    def _text_feeds(self, text: Tensor) -> dict[str, np.ndarray]:
        """The texts when they are new, else the summary that they had."""
        ids = _int32(text)
        if not self._summary_once:
            return {"text": ids}
        if self._texts is not None and torch.equal(self._texts, text):
            assert self._summary is not None
            return {"text": ids[:0], "summary": self._summary}
        return {"text": ids, "summary": np.zeros((0, 1, self.config.hidden), np.float32)}

    def empty_caches(self, batch: int, spatial: int, temporal: int) -> list[LayerCache]:
        """As `Transformer.empty_caches`."""
        heads, width = self.config.heads, self.config.head_dim

        def zeros(slots: int) -> Tensor:
            return torch.zeros(batch, heads, slots, width)

        return [
            (zeros(spatial), zeros(spatial), zeros(temporal), zeros(temporal))
            for _ in range(self.config.layers)
        ]


def _int32(tensor: Tensor) -> np.ndarray:
    return tensor.numpy().astype(np.int32)
