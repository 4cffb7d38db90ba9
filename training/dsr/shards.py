"""Super-resolution as several graphs: one that looks rows up, then shards of whole layers.

The look-up graph takes text and tokens and makes `hidden_0` [B, T + C + F, hidden]; a shard of the
layers a..b-1 takes `hidden_a` and makes `hidden_b`; the last one also takes `uniforms` and makes
`fine_tokens`. Together they compute what `DsrGraph.build_drawing` does.

Weights leave the builder layer by layer, and those of CogView2's body have the names and the order
that they have in the shards of a stage (training/export/transformer_shards.py): where the bodies
are alike, so are the bytes, and the package stores them once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from torch import nn

from training.dsr.graph import DsrGraph
from training.dsr.model import DsrLayer, DsrTransformer
from training.export.graph_builder import GraphBuilder
from training.export.row_table import RowTable
from training.export.stored_matrix import Bits, stored_matrix
from training.export.transformer_shards import HEAD_BITS, Emit, Values, is_base_weight
from training.export.weight_parts import take_weights
from training.transformer.cluster_sampling import ClusterSampling

_NAMES_IN_STAGES = {
    "base.qkv": "qkv.spatial",
    "fine.qkv": "qkv.temporal",
    "base.dense": "spatial.dense",
    "fine.dense": "temporal.dense",
}


class _Parts(DsrGraph):
    """What the look-up graph and the shards have in common."""

    def __init__(self, model: DsrTransformer, bits: Bits, values: Values, name: str) -> None:
        precision = "fp16" if bits == 16 else "fp32"
        super().__init__(model, precision, values=lambda p: values(p).astype(np.float32))
        self.bits = bits
        self.stored = values
        self.g = GraphBuilder(name, keep_named=True)

    def _linear(self, x: str, linear: nn.Linear, name: str, scale: np.ndarray | None = None) -> str:
        layer, part = name.split(".", 1)
        name = f"{layer}.{_NAMES_IN_STAGES.get(part, part)}"
        weight = self.values(linear.weight)
        product = stored_matrix(self.g, weight, self.bits, f"{name}.weight", scale)(x)
        bias = self.values(linear.bias) * (1 if scale is None else scale)
        bias = self.g.constant(bias.astype(np.float32), name=f"{name}.bias")
        return self.g.node("Add", product, bias)


class DsrLookUpGraph(_Parts):
    """text int32 [B, T], tokens int32 [B, G, G] -> hidden_0."""

    def __init__(self, model: DsrTransformer, bits: Bits, values: Values) -> None:
        super().__init__(model, bits, values, "upscaler_look_up")

    def build_graph(self, emit: Emit) -> onnx.ModelProto:
        self._declare_inputs()
        self._row_table = RowTable(self.g, self.stored(self.model.word.weight), self.bits, "word")
        emit(take_weights(self.g), True)
        self.g.node("Identity", self._embed(), name="hidden_0")
        self.g.output("hidden_0", "float32", ["B", "rows", self.config.hidden])
        emit(take_weights(self.g), False)
        return self.g.model()

    def _add_words(self) -> None:
        """`build_graph` added them, apart from the other tables."""

    def _look_up(self, ids: str) -> str:
        return self._row_table.rows(ids)

    def _boi(self) -> str:
        return self._look_up(self.g.constant([self.config.boi_id], "int32"))


class DsrShardGraph(_Parts):
    """The layers `layers`; the last shard also has the head and draws with `sampling`."""

    def __init__(
        self, model: DsrTransformer, bits: Bits, values: Values, layers: range,
        sampling: ClusterSampling,
    ) -> None:  # fmt: skip
        super().__init__(model, bits, values, f"upscaler_{layers.start}")
        self.layers = layers
        self.sampling = sampling
        self._head: Callable[[str], str] | None = None

    def build_graph(self, emit: Emit) -> onnx.ModelProto:
        shape = ["B", "rows", self.config.hidden]
        x = self.g.input(f"hidden_{self.layers.start}", "float32", shape)
        for index in self.layers:
            layer: DsrLayer = self.model.layers[index]  # type: ignore[assignment]
            x = self._layer(x, layer, f"layer_{index}")
            self._emit_weights(emit)
        if self.layers.stop == self.config.layers:
            self.draw(self._layer_norm(self._fine(x), self.model.norm), self.sampling)
            self._emit_weights(emit)
        else:
            self.g.node("Identity", x, name=f"hidden_{self.layers.stop}")
            self.g.output(f"hidden_{self.layers.stop}", "float32", shape)
        return self.g.model()

    def head(self, rows: str, name: str | None = None) -> str:
        """One stored matrix for all chunks of cells."""
        if self._head is None:
            weight = self.stored(self.model.word.weight)[: self.config.codes].astype(np.float32)
            self._head = stored_matrix(self.g, weight, max(self.bits, HEAD_BITS), "head.weight")
        return self._head(rows)

    def _emit_weights(self, emit: Emit) -> None:
        emit(take_weights(self.g, is_base_weight), True)
        emit(take_weights(self.g, lambda name: not is_base_weight(name)), False)
