"""A transformer as several graphs: one that looks rows up, then shards of whole layers.

The look-up graph holds the embeddings, which no GPU needs, and makes `hidden_0`; a shard of the
layers a..b-1 takes `hidden_a` and makes `hidden_b`; the last one makes `logits`. Together they have
the inputs and outputs of `TransformerGraph`, and compute the same.

Weights leave the builder layer by layer through `emit`, apart for the base model and for the rest,
so that one layer is in memory at a time and stages may share the base.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from torch import Tensor, nn

from training.export.graph_builder import MICROSOFT, GraphBuilder
from training.export.row_table import RowTable
from training.export.stored_matrix import Bits, stored_matrix
from training.export.transformer_graph import TransformerGraph, _Normed
from training.export.weight_parts import take_weights
from training.export.weight_storage import Precision, store
from training.transformer.model import RmsNorm, Transformer

PRECISION_OF_BITS: dict[int, str] = {4: "int4", 8: "int8", 16: "fp16", 32: "fp32"}
Values = Callable[[Tensor], np.ndarray]
"""The content of a parameter, of any float type; the model itself may live on "meta"."""
Emit = Callable[[bytes, bool], None]
"""Takes a message of weights, and whether they belong to the base model."""
HEAD_BITS = 8  # of the output head, where the layers have 4: logits pick the tokens


class _Parts(TransformerGraph):
    """What the look-up graph and the shards have in common."""

    def __init__(self, model: Transformer, bits: Bits, values: Values, name: str) -> None:
        precision: Precision = "fp16" if bits == 16 else "fp32"
        super().__init__(model, precision, values=lambda p: values(p).astype(np.float32))
        self.bits = bits
        self.stored = values
        self.g = GraphBuilder(name, keep_named=True)

    def _linear(
        self, x: str, linears: list[nn.Linear], name: str, scale: np.ndarray | None = None
    ) -> str:
        """As the base's, one matrix for each layer; those of the base model have names alike in
        both stages."""
        many = len(linears) > 1
        factors = [None] * len(linears) if scale is None else np.split(scale, len(linears))
        names = [f"{name}.{channel}" for channel in ("spatial", "temporal")] if many else [name]
        found = [
            self._product(x, linear, own, factor)
            for linear, own, factor in zip(linears, names, factors, strict=True)
        ]
        return self.g.node("Concat", *found, axis=-1) if many else found[0]

    def _product(self, x: str, linear: nn.Linear, name: str, factor: np.ndarray | None) -> str:
        product = self._times(x, self.values(linear.weight), f"{name}.weight", self.bits, factor)
        if linear.bias is None:
            return product
        bias = self.values(linear.bias)
        bias = bias if factor is None else bias * factor
        return self.g.node(
            "Add", product, self.g.constant(bias.astype(np.float32), name=f"{name}.bias")
        )

    def _times(
        self, x: str, weight: np.ndarray, name: str, bits: int, factor: np.ndarray | None = None
    ) -> str:
        """x [..., K] times weight [N, K] transposed."""
        return stored_matrix(self.g, weight, bits, name, factor)(x)


class LookUpGraph(_Parts):
    """ids, positions (hints, text) -> hidden_0 [B, S, hidden]."""

    def __init__(self, model: Transformer, bits: Bits, values: Values) -> None:
        super().__init__(model, bits, values, f"{model.config.stage}_look_up")
        self._tables: dict[str, RowTable] = {}

    def build_graph(self, emit: Emit) -> onnx.ModelProto:
        g, config = self.g, self.config
        g.input("ids", "int32", ["B", "S"])
        if config.hints:
            g.input("hints", "int32", ["B", "S", 2])
        g.input("positions", "int32", ["B", "S"])
        if self.model.summary is not None:
            g.input("text", "int32", ["B", "T"])
        words = RowTable(g, self.stored(self.model.word.weight), self.bits, "word")
        emit(take_weights(g), True)
        self._row_table = words
        first, second = self._embed(self._is_image())
        g.node("Add", first, second, name="hidden_0")
        g.output("hidden_0", "float32", ["B", "S", config.hidden])
        emit(take_weights(g), False)
        return g.model()

    def _table(self, embedding: nn.Embedding, name: str) -> str:
        """Whole tables are small, and stay exact; words are looked up in `_row_table`."""
        if embedding is self.model.word:
            return ""
        return store(self.g, self.values(embedding.weight), self.precision, name)

    def _look_up(self, ids: str) -> str:
        return self._row_table.rows(ids)


class ShardGraph(_Parts):
    """The layers `layers` of the model; the last shard also has the head."""

    def __init__(self, model: Transformer, bits: Bits, values: Values, layers: range) -> None:
        super().__init__(model, bits, values, f"{model.config.stage}_{layers.start}")
        self.layers = layers
        self.is_last = layers.stop == model.config.layers

    def build_graph(self, emit: Emit) -> onnx.ModelProto:
        self._declare_shard_inputs()
        takes_both = self._takes_both(self._is_image())
        biases = self._biases(self.layers.start)
        stream = f"hidden_{self.layers.start}"
        x = self._norm_of(stream, self.model.layers[self.layers.start].norm_attention)
        for index in self.layers:
            stream, change = self._layer(index, x, takes_both, biases)
            if index + 1 < self.layers.stop or self.is_last:
                x = self._add_and_norm(stream, change, self._norm_after(index))
            else:
                self.g.node("Add", stream, change, name=f"hidden_{index + 1}")
            self._emit_layer(emit)
        if self.is_last:
            self._head(x.normed)
            self.g.output("logits", "float32", ["B", self.config.codes])
            self._emit_layer(emit)
        else:
            shape = ["B", "S", self.config.hidden]
            self.g.output(f"hidden_{self.layers.stop}", "float32", shape)
        self._declare_new_rows(self.layers)
        return self.g.model()

    def _declare_shard_inputs(self) -> None:
        g, config = self.g, self.config
        g.input(f"hidden_{self.layers.start}", "float32", ["B", "S", config.hidden])
        if config.copy_gate and self.is_last:
            g.input("hints", "int32", ["B", "S", 2])
        g.input("positions", "int32", ["B", "S"])
        if config.base_first_frame:
            g.input("temporal_share", "float32", ["B", 1, 1])
        g.input("spatial_bias", "float32", ["B", 1, "S", "Ns_S"])
        g.input("temporal_bias", "float32", [config.patterns, "B", 1, "S", "Nt_S"])
        self._declare_caches(self.layers)

    def _emit_layer(self, emit: Emit) -> None:
        emit(take_weights(self.g, is_base_weight), True)
        emit(take_weights(self.g, lambda name: not is_base_weight(name)), False)

    def _norm_of(self, stream: str, norm: nn.Module) -> _Normed:
        """The stream through `norm`, with nothing added."""
        if not isinstance(norm, RmsNorm):
            return _Normed(stream, self._layer_norm(stream, norm))
        normed = f"{stream}.normed"
        # As in the text summary: the norm of a doubled row is the row's with four times epsilon.
        self.g.nodes(
            "SkipSimplifiedLayerNormalization",
            [stream, stream, self.g.constant(self.values(norm.weight))],
            [normed],
            MICROSOFT,
            epsilon=4 * norm.eps,
        )
        return _Normed(stream, normed)

    def _head_product(self, last: str) -> str:
        if self.model.head is None:
            weight = self.stored(self.model.word.weight)[: self.config.codes].astype(np.float32)
        else:
            weight = self.values(self.model.head.weight)
        return self._times(last, weight, "head.weight", max(self.bits, HEAD_BITS))


def is_base_weight(name: str) -> bool:
    """Does a named weight of a shard belong to the base model, which both stages share?"""
    if name.startswith("head."):
        return True
    return name.startswith("layer_") and "temporal" not in name
