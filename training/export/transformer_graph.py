"""One stage's transformer as an ONNX graph that serves both prefill and decode.

It computes what `Transformer.step` computes, with fewer and larger operations: both channels'
projections are one product, the softmax scale is part of the query weights, position tables are
summed when the graph is loaded, and attention takes cached and new rows as two products, so that
nothing copies the caches.

The summary of a text is the same in every run of its sequence: with `summary_once` the first run
computes it from `text` [B, T] and gives it out as `new_summary` [B, 1, hidden]; later runs take it
back as `summary`, with no rows of `text`. Whichever of both inputs has no rows costs nothing.

All nodes can run on a GPU, none computes integers in main memory, and no output is a mere view of
another value: then onnxruntime can record the kernels of a run there and play them back
(docs/graph-capture.md).

Shapes: B sequences, S rows of this run, Ns and Nt cached rows, H heads, D head width, W patterns.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from training.export.graph_builder import MICROSOFT, GraphBuilder
from training.export.weight_storage import Precision, store
from training.transformer.config import FRAMES
from training.transformer.model import Channel, Layer, RmsNorm, TextSummary, Transformer

END = 1 << 31  # past every axis
CACHES = ("spatial_key", "spatial_value", "temporal_key", "temporal_value")


@dataclass(frozen=True)
class _Normed:
    """The residual stream and its normalised form, [B, S, hidden]."""

    stream: str
    normed: str


@dataclass(frozen=True)
class _Biases:
    spatial: str  # [B, 1, S, Ns+S]
    temporal: list[str]  # by pattern, [B, 1, S, Nt+S]
    spatial_cached: str  # int64 [1]: Ns
    temporal_cached: str  # int64 [1]: Nt


class TransformerGraph:
    """Builds the graph of `model`; `precision` is how matrices and tables are stored.

    `apart` stores the two channels' projections as matrices of their own, so that another stage's
    graph can share the base channel's; they are joined when the graph is loaded. `values` gives the
    float32 content of a parameter; with it, the model may live on the device "meta".
    """

    def __init__(
        self,
        model: Transformer,
        precision: Precision,
        apart: bool = False,
        values: Callable[[Tensor], np.ndarray] | None = None,
        summary_once: bool = False,
    ) -> None:
        self.model = model
        self.apart = apart
        self.summary_once = summary_once and model.summary is not None
        self.values = values or _array
        self.config = model.config
        # What a key frame opens with is its rows' second hint.
        self._reads_opening = self.config.stage_rows and self.config.stage == "interpolation"
        self.precision = precision
        self.g = GraphBuilder(model.config.stage)
        self._sums = 0

    def build(self) -> onnx.ModelProto:
        self._declare_inputs()
        is_image = self._is_image()
        biases = self._biases()
        first, second = self._embed(is_image)
        x = self._add_and_norm(first, second, self.model.layers[0].norm_attention)
        takes_both = self._takes_both(is_image)
        for index in range(self.config.layers):
            stream, change = self._layer(index, x, takes_both, biases)
            x = self._add_and_norm(stream, change, self._norm_after(index))
        self._head(x.normed)
        rows = ["R"] if self.config.masked else []
        self.g.output("logits", "float32", ["B", *rows, self.config.codes])
        self._declare_new_rows(range(self.config.layers))
        if self.summary_once:
            self.g.output("new_summary", "float32", ["new_B", 1, self.config.hidden])
        return self.g.model()

    def _declare_inputs(self) -> None:
        g, config = self.g, self.config
        g.input("ids", "int32", ["B", "S"])
        if config.hints:
            g.input("hints", "int32", ["B", "S", 2])
        g.input("positions", "int32", ["B", "S"])
        if self._reads_opening:
            g.input("opening", "int32", ["B", "S"])
        if config.masked:
            g.input("rows", "int32", ["R"])
        if self.model.summary is not None:
            g.input("text", "int32", ["new_B" if self.summary_once else "B", "T"])
        if self.summary_once:
            g.input("summary", "float32", ["old_B", 1, config.hidden])
        if config.base_first_frame:
            g.input("temporal_share", "float32", ["B", 1, 1])
        g.input("spatial_bias", "float32", ["B", 1, "S", "Ns_S"])
        g.input("temporal_bias", "float32", [config.patterns, "B", 1, "S", "Nt_S"])
        self._declare_caches(range(config.layers))

    def _declare_caches(self, layers: range) -> None:
        for layer in layers:
            for cache in CACHES:
                rows = "Ns" if cache.startswith("spatial") else "Nt"
                shape = ["B", self.config.heads, rows, self.config.head_dim]
                self.g.input(f"{cache}_{layer}", "float32", shape)

    def _declare_new_rows(self, layers: range) -> None:
        shape = [1, "B", self.config.heads, "S", self.config.head_dim]
        for layer in layers:
            for cache in CACHES:
                self.g.output(f"new_{cache}_{layer}", "float32", shape)

    # --- input rows ---

    def _table(self, embedding: nn.Embedding, name: str) -> str:
        return store(self.g, self.values(embedding.weight), self.precision, name)

    def _is_image(self) -> str:
        """float32 [B, S, 1]: 1 for image rows, 0 for text rows."""
        positions = self.config.text_slots + FRAMES * self.config.cells
        kinds = (np.arange(positions) >= self.config.text_slots).astype(np.float32)
        return self.g.node("Gather", self.g.constant(kinds[:, None]), "positions", axis=0)

    def _takes_both(self, is_image: str) -> str:
        """As `_is_image`, but 0 where the base channel draws alone."""
        if not self.config.base_first_frame:
            return is_image
        return self.g.node("Mul", is_image, "temporal_share")

    def _embed(self, is_image: str) -> tuple[str, str]:
        """Two summands of the input rows, [B, S, hidden] each."""
        g = self.g
        self._words = self._table(self.model.word, "word")
        words = self._look_up(self._of_stages("ids"))
        positions = g.node("Gather", self._position_table(), "positions", axis=0)
        additions = [self._hint(table, column) for column, table in enumerate(self.model.hints)]
        if self.model.summary is not None:
            additions.append(self._text_summary(self.model.summary))
        if self.model.stage_rows is not None:
            opening = "opening" if self._reads_opening else g.take("hints", 1, 2)
            additions.append(self._stage_rows(self.model.stage_rows, opening))
            if self.model.spot_rows is not None:
                heights = self.model.height_rows
                additions += self._spot_rows(self.model.spot_rows, heights, opening)
        if not additions:
            return words, positions
        total, *others = additions
        for other in others:
            total = g.node("Add", total, other)
        return g.node("Add", words, positions), g.node("Mul", total, is_image)

    def _look_up(self, ids: str) -> str:
        """Rows of the word embedding, [*ids, hidden]."""
        return self.g.node("Gather", self._words, ids, axis=0)

    def _of_stages(self, ids: str) -> str:
        """The ids, those of one stage all as the first of them would be without spots."""
        config = self.config
        if config.spots == 1:
            return ids
        rows = self.model.word_rows(torch.arange(config.ids)).numpy()
        return self.g.node("Gather", self.g.constant(rows, "int32"), ids, axis=0)

    def _text_summary(self, summary: TextSummary) -> str:
        """[B, 1, hidden], from the text or taken back from the run that computed it."""
        made = self._new_summary(summary)
        if not self.summary_once:
            return made
        new = self.g.node("Identity", made, name="new_summary")
        return self.g.node("Concat", new, "summary", axis=0)

    def _new_summary(self, summary: TextSummary) -> str:
        """[rows of text, 1, hidden]"""
        g = self.g
        words = self._look_up("text")
        padding = g.node("Equal", "text", g.number(self.config.pad_id, "int32"))
        used = g.cast(g.node("Not", padding), "float32")
        total = g.node("MatMul", g.node("Unsqueeze", used, g.ints(1)), words)
        normed = "summary.normed"
        # The norm of a sum of two equal rows is the norm of the row, if epsilon is four times it.
        g.nodes(
            "SkipSimplifiedLayerNormalization",
            [total, total, g.constant(self.values(summary.norm.weight))],
            [normed],
            MICROSOFT,
            epsilon=4 * summary.norm.eps,
        )
        positive = g.node("Relu", self._linear(normed, [summary.inner], "summary.inner"))
        return self._linear(g.node("Mul", positive, positive), [summary.outer], "summary.outer")

    def _hint(self, table: nn.Module, column: int) -> str:
        """Rows of one hint column, [B, S, hidden]."""
        g, config = self.g, self.config
        ids = g.take("hints", column, 2)
        codes = g.number(config.codes, "int32")
        if isinstance(table, nn.Linear):
            null = g.number(config.null_hint_id, "int32")
            ids = g.node("Where", g.node("Less", ids, codes), ids, null)
            return self._linear(self._look_up(ids), [table], f"hint_{column}")
        assert isinstance(table, nn.Embedding)
        # Every id past the codes is the null row, the table's last.
        ids = g.node("Min", ids, codes)
        return g.node("Gather", self._table(table, f"hint_{column}"), ids, axis=0)

    def _stage_rows(self, table: nn.Embedding, opening: str) -> str:
        """Rows of the stages that the ids `opening` [B, S] name, [B, S, hidden]."""
        g, config = self.g, self.config
        stages = self.model.stage_of(torch.arange(config.ids)).numpy()
        stage = g.node("Gather", g.constant(stages, "int32"), opening, axis=0)
        return g.node("Gather", self._table(table, "stage_rows"), stage, axis=0)

    def _spot_rows(
        self, beside: nn.Embedding, above: nn.Embedding | None, opening: str
    ) -> list[str]:
        """Rows of the spots that the ids `opening` [B, S] name, by the cells' columns and, if
        heights are told, by their rows: [B, S, hidden] each."""
        g, config, model = self.g, self.config, self.model
        spots = model.spot_of(torch.arange(config.ids)).numpy() * config.grid
        spot = g.node("Gather", g.constant(spots, "int32"), opening, axis=0)
        positions = torch.arange(config.text_slots + FRAMES * config.cells)
        parts = [("spot_rows", beside, model.spot_table, model.columns_at(positions))]
        if above is not None:
            parts += [("height_rows", above, model.height_table, model.lines_at(positions))]
        found = []
        for name, table, numbers, places in parts:
            # Numbers of rows by spot and place of cells, looked up flat.
            place = g.node("Gather", g.constant(places.numpy(), "int32"), "positions", axis=0)
            flat = g.constant(numbers.flatten().numpy(), "int32")
            row = g.node("Gather", flat, g.node("Add", spot, place), axis=0)
            found.append(g.node("Gather", self._table(table, name), row, axis=0))
        return found

    def _position_table(self) -> str:
        """[T + 5*C, hidden], put together from constants when the graph is loaded."""
        g, model = self.g, self.model
        if self.config.positions == "absolute":
            tables = [
                self._table(model.position_base, "position_base"),
                self._table(model.position_extra, "position_extra"),
            ]
            return g.node("Concat", *tables, axis=0)
        hidden = self.config.hidden
        frame = g.reshape(self._table(model.position_frame, "position_frame"), -1, 1, 1, hidden)
        row = g.reshape(self._table(model.position_row, "position_row"), 1, -1, 1, hidden)
        column = g.reshape(self._table(model.position_column, "position_column"), 1, 1, -1, hidden)
        image = g.reshape(g.node("Add", g.node("Add", frame, row), column), -1, hidden)
        return g.node("Concat", self._table(model.position_text, "position_text"), image, axis=0)

    def _biases(self, first: int = 0) -> _Biases:
        """Per-pattern biases, and how many columns are cached (in layer `first`)."""
        g, patterns = self.g, self.config.patterns
        names = [f"temporal_bias_{pattern}" for pattern in range(patterns)]
        if patterns > 1:
            g.nodes("Split", ["temporal_bias"], names, axis=0, num_outputs=patterns)
        else:
            names = ["temporal_bias"]
        temporal = [g.node("Squeeze", name, g.ints(0)) for name in names]
        spatial, over_time = (
            g.node("Shape", f"{channel}_key_{first}", start=2, end=3)
            for channel in ("spatial", "temporal")
        )
        return _Biases("spatial_bias", temporal, spatial, over_time)

    # --- layers ---

    def _norm_after(self, index: int) -> nn.Module:
        """The norm through which the stream goes behind layer `index`."""
        last = index + 1 == self.config.layers
        return self.model.norm if last else self.model.layers[index + 1].norm_attention

    def _layer(self, index: int, x: _Normed, takes_both: str, biases: _Biases) -> tuple[str, str]:
        """The residual stream behind the layer, as two summands."""
        g, layer = self.g, self.model.layers[index]
        heads = self._project(index, layer, x.normed)
        base = self._attend(
            f"layer_{index}.spatial", index, heads[:3], biases.spatial, biases.spatial_cached
        )
        plus = self._attend(
            f"layer_{index}.temporal",
            index,
            heads[3:],
            biases.temporal[layer.pattern],
            biases.temporal_cached,
        )
        base = self._linear(base, [layer.spatial.dense], f"layer_{index}.spatial.dense")
        plus = self._linear(plus, [layer.temporal.dense], f"layer_{index}.temporal.dense")
        share = 1 - 1 / (1 + np.exp(-self.values(layer.mix).astype(np.float64)))
        weight = g.node("Mul", takes_both, g.constant(share.astype(np.float32)))
        mixed = g.node("Add", base, g.node("Mul", g.node("Sub", plus, base), weight))
        mixed = self._norm_out(mixed, layer.norm_attention_out)
        x = self._add_and_norm(x.stream, mixed, layer.norm_mlp)
        inner = self._activate(self._linear(x.normed, [layer.mlp_in], f"layer_{index}.mlp_in"))
        outer = self._linear(inner, [layer.mlp_out], f"layer_{index}.mlp_out")
        return x.stream, self._norm_out(outer, layer.norm_mlp_out)

    def _project(self, index: int, layer: Layer, normed: str) -> list[str]:
        """Queries, keys and values of both channels: six values [B, H, S, D]. With a leading 1 the
        keys and values are the graph's new cache rows."""
        g, config = self.g, self.config
        channels: list[Channel] = [layer.spatial, layer.temporal]
        qkv = self._linear(
            normed,
            [channel.qkv for channel in channels],
            f"layer_{index}.qkv",
            scale=np.tile(np.repeat([config.head_dim**-0.5, 1, 1], config.hidden), 2),
        )
        parts = g.reshape(qkv, 0, 0, 6, config.heads, config.head_dim)
        by_part = g.node("Transpose", parts, perm=[2, 0, 3, 1, 4])
        names = [f"layer_{index}.spatial_query", *(f"new_{c}_{index}" for c in CACHES[:2])]
        names += [f"layer_{index}.temporal_query", *(f"new_{c}_{index}" for c in CACHES[2:])]
        g.nodes("Split", [by_part], names, axis=0, num_outputs=6)
        return [g.node("Squeeze", name, g.ints(0)) for name in names]

    def _attend(self, name: str, index: int, heads: list[str], bias: str, cached: str) -> str:
        """softmax(q [past_k, k]^T + bias) [past_v, v] of one channel: [B, S, hidden]; `cached`
        columns are the past's."""
        g = self.g
        query, key, value = heads
        channel = name.split(".")[1]
        past_key, past_value = f"{channel}_key_{index}", f"{channel}_value_{index}"
        scores = g.node("Concat", self._scores(query, past_key), self._scores(query, key), axis=-1)
        weights = g.node("Softmax", g.node("Add", scores, bias), axis=-1)
        # A Split would take both counts, joined in main memory.
        past = g.node("Slice", weights, g.ints(0), cached, g.ints(-1), name=f"{name}.past")
        new = g.node("Slice", weights, cached, g.ints(END), g.ints(-1), name=f"{name}.new")
        context = g.node("Add", g.node("MatMul", past, past_value), g.node("MatMul", new, value))
        rows = g.node("Transpose", context, perm=[0, 2, 1, 3])
        return g.reshape(rows, 0, 0, self.config.hidden)

    def _scores(self, query: str, key: str) -> str:
        """onnxruntime joins this Transpose and MatMul into one operation."""
        return self.g.node("MatMul", query, self.g.node("Transpose", key, perm=[0, 1, 3, 2]))

    def _linear(
        self, x: str, linears: list[nn.Linear], name: str, scale: np.ndarray | None = None
    ) -> str:
        """x W^T + b of several layers side by side; `scale` multiplies outputs."""
        g = self.g
        product = g.node("MatMul", x, self._matrix(linears, name, scale))
        if linears[0].bias is None:
            return product
        bias = np.concatenate([self.values(linear.bias) for linear in linears])
        if scale is not None:
            bias = bias * scale
        return g.node("Add", product, g.constant(bias.astype(np.float32), name=f"{name}.bias"))

    def _matrix(self, linears: list[nn.Linear], name: str, scale: np.ndarray | None) -> str:
        """[inputs, outputs of all layers]; equal rows of `scale` belong to each layer."""
        weights = [self.values(linear.weight) for linear in linears]
        if not self.apart or len(weights) == 1:
            weight, file = np.concatenate(weights), f"{name}.weight"
            return store(self.g, weight, self.precision, file, transposed=True, factor=scale)
        factors = [None] * len(weights) if scale is None else np.split(scale, len(weights))
        matrices = [
            store(self.g, weight, self.precision, f"{name}.{i}.weight", True, factor)
            for i, (weight, factor) in enumerate(zip(weights, factors, strict=True))
        ]
        return self.g.node("Concat", *matrices, axis=1)

    def _activate(self, inner: str) -> str:
        if self.config.activation == "gelu":
            return self.g.node("Gelu", inner, approximate="tanh")
        positive = self.g.node("Relu", inner)
        return self.g.node("Mul", positive, positive)

    # --- norms ---

    def _add_and_norm(self, stream: str, change: str, norm: nn.Module) -> _Normed:
        """stream + change, and that sum through `norm`."""
        g = self.g
        if isinstance(norm, RmsNorm):
            self._sums += 1
            total = f"stream_{self._sums}"
            g.nodes(
                "SkipSimplifiedLayerNormalization",
                [stream, change, g.constant(self.values(norm.weight))],
                [f"{total}.normed", "", "", total],
                MICROSOFT,
                epsilon=norm.eps,
            )
            return _Normed(total, f"{total}.normed")
        total = g.node("Add", stream, change)
        return _Normed(total, self._layer_norm(total, norm))

    def _norm_out(self, change: str, norm: nn.Module) -> str:
        """The second norm of CogVideo's sandwich; pre-norm models have none."""
        return change if isinstance(norm, nn.Identity) else self._layer_norm(change, norm)

    def _layer_norm(self, x: str, norm: nn.Module) -> str:
        assert isinstance(norm, nn.LayerNorm), "RMS norms stand only behind a sum"
        weight, bias = (self.g.constant(self.values(part)) for part in (norm.weight, norm.bias))
        return self.g.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)

    # --- head ---

    def _head(self, normed: str) -> None:
        """Logits of the last row, or of `rows` where cells may be masked; copy gates raise them."""
        g, config = self.g, self.config
        asked = self._asked(normed)
        if not config.masked:
            asked = g.reshape(asked, 0, config.hidden)
        logits = self._head_product(asked)
        if self.model.gate is not None:
            gates = self._linear(asked, [self.model.gate], "gate")
            codes = g.constant(np.arange(config.codes), "int32")
            for column in range(config.hints):
                hint = self._asked(g.take("hints", column, 2))
                hint = g.node("Unsqueeze", hint, g.ints(2)) if config.masked else hint
                same = g.cast(g.node("Equal", hint, codes), "float32")
                gate = gates
                if config.hints > 1:
                    gate = g.slice(gates, column, column + 1, 2 if config.masked else 1)
                logits = g.node("Add", logits, g.node("Mul", same, gate))
        g.node("Identity", logits, name="logits")

    def _asked(self, values: str) -> str:
        """Of [B, S, ...] the last row [B, 1, ...]; where cells may be masked, those of `rows`."""
        rows = "rows" if self.config.masked else self.g.ints(-1)
        return self.g.node("Gather", values, rows, axis=1)

    def _head_product(self, last: str) -> str:
        """[B, K]"""
        return self.g.node("MatMul", last, self._head_matrix())

    def _head_matrix(self) -> str:
        """[hidden, K]; a tied head is cut from the word table when the graph is loaded."""
        g = self.g
        if self.model.head is None:
            return g.node("Transpose", g.slice(self._words, 0, self.config.codes, 0), perm=[1, 0])
        weight = self.values(self.model.head.weight)
        return store(g, weight, self.precision, "head.weight", transposed=True)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
