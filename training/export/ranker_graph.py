"""The ranker as an ONNX graph: a sentence and drawn key frames -> how well they fit."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from torch import nn

from training.export.graph_builder import GraphBuilder
from training.export.vqvae_graph import ModuleWalk
from training.export.weight_storage import Precision, store
from training.ranker.model import (
    ACTIONS,
    ALIKE,
    CLIP_LABELS,
    CLIP_WIDTHS,
    FRAME_LABELS,
    FRAME_WIDTHS,
    HIDDEN,
    LEAST_SHARE,
    STAGE_WIDTH,
    STAGES,
    LabelHead,
    PictureReader,
    Ranker,
    TextLabels,
    label_weight,
)
from training.transformer.config import FRAMES
from training.transformer.text_reader import LABELS


def build_ranker_graph(model: Ranker, precision: Precision) -> onnx.ModelProto:
    """text int32 [B, L] (flat ids, padded), tokens int32 [B, 5, C], the code K in frames that are
    not drawn yet -> score float32 [B]."""
    return RankerGraph(model, precision).build()


class RankerGraph:
    """Adds both sides of one ranker to one graph."""

    def __init__(self, model: Ranker, precision: Precision) -> None:
        self.g = GraphBuilder("ranker")
        self.model, self.precision = model, precision

    def build(self) -> onnx.ModelProto:
        g, config = self.g, self.model.config
        g.input("text", "int32", ["B", "L"])
        g.input("tokens", "int32", ["B", FRAMES, config.grid**2])
        pieces = g.node("Sub", "text", g.number(config.codes, "int32"))
        told = self._told(pieces)
        shown = self._pictures(self.model.pictures, pieces, told)
        asked = self._sentence(self.model.sentence, pieces)
        weighed = {
            name: g.node("Mul", asked[name], g.number(label_weight(name))) for name in LABELS
        }
        products = [g.node("Mul", weighed[name], shown[name]) for name in LABELS]
        scores = [g.node("ReduceSum", part, g.ints(1), keepdims=0) for part in products]
        scores.append(self._stage_score(asked["action"], shown["stage"], pieces, told))
        g.node("Sum", *scores, name="score")
        g.output("score", "float32", ["B"])
        return g.model()

    def _pictures(self, side: PictureReader, pieces: str, told: str) -> dict[str, str]:
        """Log-probabilities [B, classes] of every label; "stage": probabilities
        [B, 5, len(STAGES)]."""
        g, grid = self.g, side.grid
        cells = self._table(side.codes, g.reshape("tokens", -1, grid, grid), "codes")
        walk = ModuleWalk(g, self.precision)
        frames = walk.sequence(g.node("Transpose", cells, perm=[0, 3, 1, 2]), side.frame)
        coarse, width = -(-grid // 2), side.join.in_channels
        clips = walk.sequence(g.reshape(frames, -1, width, coarse, coarse), [side.join])
        table, linear = side.duration
        duration = self._linear(self._duration(table, pieces, told), linear, "duration")
        duration = g.node("Unsqueeze", duration, g.ints(2, 3))
        clips = walk.sequence(g.node("Add", clips, duration), side.clip)
        each = self._label_head(frames, side.frame_head, "frame")
        each = g.reshape(each, -1, FRAMES, sum(FRAME_WIDTHS))
        drawn, found = self._drawn(), {}
        for name, part in self._split(each, FRAME_LABELS, FRAME_WIDTHS, 2, "frame").items():
            found[name] = self._mean_of(g.node("LogSoftmax", part, axis=2), drawn)
        clip = self._label_head(clips, side.clip_head, "clip")
        for name, part in self._split(clip, CLIP_LABELS, CLIP_WIDTHS, 1, "clip").items():
            found[name] = g.slice(g.node("LogSoftmax", part, axis=1), 0, -1, axis=1)
        stages = self._label_head(clips, side.stage_head, "stage")
        stages = g.node("Softmax", g.reshape(stages, -1, FRAMES, STAGE_WIDTH), axis=2)
        return found | {"stage": g.slice(stages, 0, -1, axis=2)}

    def _drawn(self) -> str:
        """float32 [B, 5]: 0 for frames that are not drawn yet."""
        g = self.g
        first = g.node("Gather", "tokens", g.number(0, "int64"), axis=2)
        waiting = g.node("Equal", first, g.number(self.model.config.codes, "int32"))
        return g.cast(g.node("Not", waiting), "float32")

    def _stage_score(self, actions: str, stages: str, pieces: str, told: str) -> str:
        """How well the stages that are seen are those of the action: float32 [B]."""
        g, due = self.g, self.model.expected
        duration = self._duration(due.duration, pieces, told, "due.durations")
        rows = g.node("Unsqueeze", self._linear(duration, due.inner, "due.inner"), g.ints(1))
        table = g.constant(due.actions.weight.detach().numpy(), name="due.actions")
        rows = self._linear(g.node("Relu", g.node("Add", rows, table)), due.head, "due.head")
        rows = g.node("Softmax", g.reshape(rows, -1, ACTIONS, FRAMES, len(STAGES)), axis=3)
        rows = g.reshape(rows, -1, ACTIONS, FRAMES * len(STAGES))
        expected = g.node("MatMul", g.node("Unsqueeze", actions, g.ints(1)), rows)
        expected = g.reshape(expected, -1, FRAMES, len(STAGES))
        expected = g.node("MatMul", expected, g.constant(ALIKE.numpy(), name="due.alike"))
        fits = g.node("ReduceSum", g.node("Mul", expected, stages), g.ints(2), keepdims=0)
        stated = g.node("ReduceSum", actions, g.ints(1), keepdims=1)
        fits = g.node("Div", fits, g.node("Max", stated, g.number(LEAST_SHARE)))
        nats = g.node("Log", g.node("Add", fits, g.number(LEAST_SHARE)))
        return g.node("ReduceSum", g.node("Mul", nats, stated), g.ints(1), keepdims=0)

    def _split(
        self, logits: str, names: Sequence[str], widths: Sequence[int], axis: int, side: str
    ) -> dict[str, str]:
        parts = [f"{side}.{name}" for name in names]
        self.g.nodes("Split", [logits, self.g.ints(*widths)], parts, axis=axis)
        return dict(zip(names, parts, strict=True))

    def _label_head(self, features: str, head: LabelHead, name: str) -> str:
        g, axes = self.g, self.g.ints(2, 3)
        pooled = [g.node(kind, features, axes, keepdims=0) for kind in ("ReduceMean", "ReduceMax")]
        hidden = self._linear(g.node("Concat", *pooled, axis=1), head.hidden, f"{name}.hidden")
        return self._linear(g.node("Relu", hidden), head.head, f"{name}.head")

    def _told(self, pieces: str) -> str:
        """float32 [B, L]: 1 for the pieces before the line break."""
        g = self.g
        line_break = g.number(self.model.config.line_break_piece, "int32")
        breaks = g.cast(g.node("Equal", pieces, line_break), "int32")
        so_far = g.node("CumSum", breaks, g.number(1, "int64"))
        return g.cast(g.node("Equal", so_far, g.number(0, "int32")), "float32")

    def _duration(
        self, table: nn.Embedding, pieces: str, told: str, name: str = "durations"
    ) -> str:
        """Mean [B, DURATION_WIDTH] of the duration's pieces."""
        return self._mean_of(self._table(table, pieces, name), told)

    def _mean_of(self, rows: str, used: str) -> str:
        """Mean [B, D] of the rows [B, L, D] that count, zero where none does; used: [B, L]."""
        g = self.g
        counted = g.node("Mul", rows, g.node("Unsqueeze", used, g.ints(2)))
        total = g.node("ReduceSum", counted, g.ints(1), keepdims=0)
        count = g.node("ReduceSum", used, g.ints(1), keepdims=1)
        return g.node("Div", total, g.node("Max", count, g.number(1)))

    def _sentence(self, side: TextLabels, pieces: str) -> dict[str, str]:
        """Probabilities [B, classes] of every label, "unstated" left out."""
        g = self.g
        padding = g.node("Equal", pieces, g.number(self.model.config.pad_piece, "int32"))
        hidden = g.node("Mul", g.cast(padding, "float32"), g.number(-HIDDEN))
        weights = self._table(side.weights, pieces, "piece_weights")
        weights = g.node("Add", weights, g.node("Unsqueeze", hidden, g.ints(2)))
        weights = g.node("Transpose", g.node("Softmax", weights, axis=1), perm=[0, 2, 1])
        means = g.node("MatMul", weights, self._table(side.pieces, pieces, "pieces"))
        rows = g.node("Relu", self._linear(means, side.hidden, "asked.hidden"))
        found = {}
        for index, (name, head) in enumerate(zip(LABELS, side.heads, strict=True)):
            row = g.node("Gather", rows, g.number(index, "int64"), axis=1)
            logits = self._linear(row, head, f"asked.{name}")
            found[name] = g.slice(g.node("Softmax", logits, axis=1), 0, -1, axis=1)
        return found

    def _table(self, table: nn.Embedding, ids: str, name: str) -> str:
        weight = store(self.g, table.weight.detach().numpy(), self.precision, name)
        return self.g.node("Gather", weight, ids, axis=0)

    def _linear(self, x: str, linear: nn.Linear, name: str) -> str:
        g, weight = self.g, linear.weight.detach().numpy()
        product = g.node("MatMul", x, store(g, weight, self.precision, name, transposed=True))
        return g.node("Add", product, g.constant(linear.bias.detach().numpy(), name=f"{name}.bias"))
