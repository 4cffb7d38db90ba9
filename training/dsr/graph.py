"""Super-resolution as one ONNX graph: text and a frame's tokens in, the fine cells' logits or their
drawn tokens out.

It computes what `DsrTransformer` computes. Fine rows stand in tile order from the embedding to the
head; text rows and coarse rows attend apart, so that no bias depends on the text's length.

Shapes: B frames, T text ids, G coarse grid, M wanted cells, C coarse and F fine cells, H heads,
D head width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from torch import Tensor, nn

from training.dsr.cluster_graph import ClusterGraph
from training.dsr.model import TILES_AT_ONCE, DsrLayer, DsrTransformer
from training.export.graph_builder import GraphBuilder
from training.export.weight_storage import Precision, store
from training.transformer.cluster_sampling import ClusterSampling

CELLS_AT_ONCE = 400  # that tokens are drawn for: their released logits are 32 MB

_END = 1 << 31
Heads = tuple[str, str, str]
"""Queries (already scaled), keys and values, [B, H, rows, D]."""


class DsrGraph:
    """Builds the graph of `model`; `precision` is how matrices and tables are stored.

    `values` gives the float32 content of a parameter; with it, the model may live on the device
    "meta".
    """

    def __init__(
        self,
        model: DsrTransformer,
        precision: Precision,
        values: Callable[[Tensor], np.ndarray] | None = None,
        tiles_at_once: int = TILES_AT_ONCE,
    ) -> None:
        self.model = model
        self.config = model.config
        self.plan = model.plan
        self.precision = precision
        self.values = values or _array
        self.tiles_at_once = tiles_at_once
        self.g = GraphBuilder("super_resolution")

    def build(self) -> onnx.ModelProto:
        """text int32 [B, T] unpadded, tokens int32 [B, G, G], cells int32 [M] (row-major fine
        cells) -> logits float32 [B, M, codes]."""
        self._declare_inputs()
        self.g.input("cells", "int32", ["M"])
        self.head(self.rows_of(self.fine_hidden(), "cells"), "logits")
        self.g.output("logits", "float32", ["B", "M", self.config.codes])
        return self.g.model()

    def build_drawing(self, sampling: ClusterSampling) -> onnx.ModelProto:
        """text and tokens as for `build`, uniforms float32 [B, F], one number in [0, 1) for each
        row-major fine cell -> fine_tokens int32 [B, fine grid, fine grid].

        All logits of a released frame would be 288 MB: they are made and drawn from in chunks.
        """
        self._declare_inputs()
        self.draw(self.fine_hidden(), sampling)
        return self.g.model()

    def draw(self, fine: str, sampling: ClusterSampling) -> None:
        """The input `uniforms` and the output `fine_tokens`, from rows in tile order."""
        g, side = self.g, self.config.fine_grid
        g.input("uniforms", "float32", ["B", self.config.fine_cells])
        hidden = self.rows_of(fine, g.constant(np.arange(side**2), "int32"))
        clusters, drawn = ClusterGraph(g, sampling), []
        for start in range(0, side**2, CELLS_AT_ONCE):
            end = min(start + CELLS_AT_ONCE, side**2)
            logits = g.reshape(self.head(g.slice(hidden, start, end, 1)), -1, self.config.codes)
            numbers = g.reshape(g.slice("uniforms", start, end, 1), -1, 1)
            drawn.append(g.reshape(clusters.draw(logits, numbers).codes, -1, end - start))
        codes = drawn[0] if len(drawn) == 1 else g.node("Concat", *drawn, axis=1)
        squares = g.reshape(codes, -1, side, side)
        g.node("Cast", squares, name="fine_tokens", to=onnx.TensorProto.INT32)
        g.output("fine_tokens", "int32", ["B", side, side])

    def fine_hidden(self) -> str:
        """Final hidden rows of the fine cells in tile order, [B, F, hidden]."""
        x = self._embed()
        for index, layer in enumerate(self.model.layers):
            x = self._layer(x, layer, f"layer_{index}")  # type: ignore[arg-type]
        return self._layer_norm(self._fine(x), self.model.norm)

    def rows_of(self, hidden: str, cells: str) -> str:
        """Rows of row-major cells out of rows in tile order."""
        place = self.g.constant(self.plan.place.astype(np.int32))
        return self.g.node("Gather", hidden, self.g.node("Gather", place, cells, axis=0), axis=1)

    def head(self, rows: str, name: str | None = None) -> str:
        """[B, n, hidden] -> logits [B, n, codes]; the head is the word table's image rows."""
        g = self.g
        image = g.slice(self._words, 0, self.config.codes, 0)
        return g.node("MatMul", rows, g.node("Transpose", image, perm=[1, 0]), name=name)

    # --- input rows ---

    def _declare_inputs(self) -> None:
        self.g.input("text", "int32", ["B", "T"])
        side = self.config.coarse_grid
        self.g.input("tokens", "int32", ["B", side, side])

    def _embed(self) -> str:
        """[B, T + C + F, hidden]"""
        g, config, model = self.g, self.config, self.model
        self._add_words()
        positions = self.values(model.position_base.weight)
        start = config.coarse_offset
        text_positions = self._table(positions[: config.text_slots], "position_text")
        used = g.node("Shape", "text", start=1, end=2)
        text_positions = g.node("Slice", text_positions, g.ints(0), used, g.ints(0))
        text = g.node("Add", self._look_up("text"), text_positions)
        coarse_positions = self._table(
            positions[start : start + config.coarse_cells], "position_coarse"
        )
        ids = g.reshape("tokens", 0, config.coarse_cells)
        coarse = g.node("Add", self._look_up(ids), coarse_positions)
        return g.node("Concat", text, coarse, self._embed_fine(), axis=1)

    def _embed_fine(self) -> str:
        """BOI at every position, [B, F, hidden]; all but the repetition is done at load."""
        g, config = self.g, self.config
        positions = self.values(self.model.position_fine.weight)[self.plan.order]
        rows = g.node("Add", self._table(positions, "position_fine"), self._boi())
        batch = g.node("Shape", "text", start=0, end=1)
        shape = g.node("Concat", batch, g.ints(config.fine_cells, config.hidden), axis=0)
        return g.node("Expand", rows, shape)

    def _add_words(self) -> None:
        self._words = self._table(self.values(self.model.word.weight), "word")

    def _look_up(self, ids: str) -> str:
        """Rows of the word embedding, [*ids, hidden]."""
        return self.g.node("Gather", self._words, ids, axis=0)

    def _boi(self) -> str:
        """[1, hidden]"""
        return self.g.slice(self._words, self.config.boi_id, self.config.boi_id + 1, 0)

    def _table(self, rows: np.ndarray, name: str) -> str:
        return store(self.g, rows, self.precision, name)

    # --- layers ---

    def _layer(self, x: str, layer: DsrLayer, name: str) -> str:
        g = self.g
        normed = self._layer_norm(x, layer.norm_attention)
        base = g.slice(normed, 0, -self.config.fine_cells, 1)
        base_heads = self._heads(base, layer.base.qkv, f"{name}.base.qkv")
        fine_heads = self._heads(self._fine(normed), layer.fine.qkv, f"{name}.fine.qkv")
        found = self._rows(self._attend_base(base_heads))
        near = self._rows(self._attend_near(fine_heads, base_heads))
        found = self._linear(found, layer.base.dense, f"{name}.base.dense")
        near = self._linear(near, layer.fine.dense, f"{name}.fine.dense")
        change = g.node("Concat", found, near, axis=1)
        x = g.node("Add", x, self._layer_norm(change, layer.norm_attention_out))
        inner = self._linear(self._layer_norm(x, layer.norm_mlp), layer.mlp_in, f"{name}.mlp_in")
        inner = g.node("Gelu", inner, approximate="tanh")
        outer = self._linear(inner, layer.mlp_out, f"{name}.mlp_out")
        return g.node("Add", x, self._layer_norm(outer, layer.norm_mlp_out))

    def _fine(self, rows: str) -> str:
        """The fine cells' rows, which stand last."""
        return self.g.slice(rows, -self.config.fine_cells, _END, 1)

    def _heads(self, rows: str, qkv: nn.Linear, name: str) -> Heads:
        g, config = self.g, self.config
        scale = np.repeat([config.head_dim**-0.5, 1, 1], config.hidden)
        parts = g.reshape(
            self._linear(rows, qkv, name, scale), 0, 0, 3, config.heads, config.head_dim
        )
        names = [f"{name}.{part}" for part in ("query", "key", "value")]
        by_part = g.node("Transpose", parts, perm=[2, 0, 3, 1, 4])
        g.nodes("Split", [by_part], names, axis=0, num_outputs=3)
        query, key, value = (g.node("Squeeze", part, g.ints(0)) for part in names)
        return query, key, value

    def _attend_base(self, heads: Heads) -> str:
        """Text rows over the text, coarse rows over everything: [B, H, T + C, D]."""
        text = [self.g.slice(part, 0, -self.config.coarse_cells, 2) for part in heads]
        of_text = self._attend(text[0], text[1], text[2])
        query, key, value = heads
        of_coarse = self._attend(self._coarse(query), key, value)
        return self.g.node("Concat", of_text, of_coarse, axis=2)

    def _coarse(self, rows: str) -> str:
        """The coarse cells' rows of [B, H, T + C, D]."""
        return self.g.slice(rows, -self.config.coarse_cells, _END, 2)

    def _attend_near(self, fine: Heads, base: Heads) -> str:
        """Fine cells over both neighbourhoods, some tiles at a time: [B, H, F, D]."""
        g, plan, config = self.g, self.plan, self.config
        query = g.reshape(fine[0], 0, 0, plan.tiles, -1, config.head_dim)
        key, value = (
            g.node("Concat", self._coarse(below), own, axis=2)
            for below, own in zip(base[1:], fine[1:], strict=True)
        )
        keys = np.concatenate([plan.coarse, plan.fine + config.coarse_cells], axis=1)
        found = []
        for start in range(0, plan.tiles, self.tiles_at_once):
            some = slice(start, start + self.tiles_at_once)
            wanted = g.constant(keys[some].astype(np.int32))
            near_keys, near_values = (
                g.node("Gather", rows, wanted, axis=2) for rows in (key, value)
            )
            part = g.slice(query, start, min(some.stop, plan.tiles), 2)
            bias = g.constant(plan.bias[some])
            found.append(self._attend(part, near_keys, near_values, bias, axes=5))
        joined = found[0] if len(found) == 1 else g.node("Concat", *found, axis=2)
        return g.reshape(joined, 0, 0, -1, config.head_dim)

    def _attend(
        self, query: str, key: str, value: str, bias: str | None = None, axes: int = 4
    ) -> str:
        """softmax(q k^T + bias) v over the last two of `axes` axes."""
        g = self.g
        turned = g.node("Transpose", key, perm=[*range(axes - 2), axes - 1, axes - 2])
        scores = g.node("MatMul", query, turned)
        if bias is not None:
            scores = g.node("Add", scores, bias)
        return g.node("MatMul", g.node("Softmax", scores, axis=-1), value)

    def _rows(self, heads: str) -> str:
        """[B, H, rows, D] -> [B, rows, hidden]"""
        turned = self.g.node("Transpose", heads, perm=[0, 2, 1, 3])
        return self.g.reshape(turned, 0, 0, self.config.hidden)

    def _linear(self, x: str, linear: nn.Linear, name: str, scale: np.ndarray | None = None) -> str:
        """x W^T + b; `scale` multiplies outputs."""
        g = self.g
        weight = self.values(linear.weight)
        matrix = store(g, weight, self.precision, f"{name}.weight", True, scale)
        bias = self.values(linear.bias) * (1 if scale is None else scale)
        product = g.node("MatMul", x, matrix)
        return g.node("Add", product, g.constant(bias.astype(np.float32), name=f"{name}.bias"))

    def _layer_norm(self, x: str, norm: nn.LayerNorm) -> str:
        weight, bias = (self.g.constant(self.values(part)) for part in (norm.weight, norm.bias))
        return self.g.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
