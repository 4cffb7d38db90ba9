"""The planner of storyboards as an ONNX graph: a prompt -> the ids that open its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from torch import nn

from training.export.graph_builder import GraphBuilder
from training.storyboard.planner import HIDDEN, PairReader, Planner


def build_storyboard_graph(model: Planner, storyboards: np.ndarray) -> onnx.ModelProto:
    """text int32 [B, L] (flat ids, padded) -> opening int32 [B, paths, rates, times].

    storyboards: int32 [plans, paths, rates, times], see training.storyboard.plan.storyboard_table.
    """
    g, config = GraphBuilder("storyboard"), model.config
    g.input("text", "int32", ["B", "L"])
    pieces = g.node("Sub", "text", g.number(config.codes, "int32"))
    padding = g.node("Equal", pieces, g.number(config.pad_piece, "int32"))
    hidden = g.node("Mul", g.cast(padding, "float32"), g.number(-HIDDEN))
    hidden = g.node("Unsqueeze", hidden, g.ints(2))
    weights = _shares(g, pieces, hidden, model.weights.weight, "weights")
    rows = g.node("Gather", _constant(g, model.pieces.weight, "pieces"), pieces, axis=0)
    mean = g.node("Squeeze", g.node("MatMul", weights, rows), g.ints(1))
    inner = g.node("Relu", _linear(g, mean, model.hidden, "hidden"))
    logits = _linear(g, inner, model.head, "head")
    if model.kinds is not None:
        kinds = _of_pairs(g, pieces, hidden, model.kinds)
        logits = g.node("Concat", logits, kinds, axis=1)
    plan = _plan(g, logits, model.classes, len(storyboards) - 1)
    g.node("Gather", g.constant(storyboards, "int32", "storyboards"), plan, axis=0, name="opening")
    g.output("opening", "int32", ["B", *storyboards.shape[1:]])
    return g.model()


def _shares(g: GraphBuilder, pieces: str, hidden: str, weight: nn.Parameter, name: str) -> str:
    """How much every piece counts, [B, 1, L]."""
    weights = g.node("Gather", _constant(g, weight, name), pieces, axis=0)
    shares = g.node("Softmax", g.node("Add", weights, hidden), axis=1)
    return g.node("Transpose", shares, perm=[0, 2, 1])


def _of_pairs(g: GraphBuilder, pieces: str, hidden: str, reader: PairReader) -> str:
    """What is read off pairs of neighbours, [B, classes]: as `PairReader`."""
    longer = g.node("Pad", pieces, g.ints(0, 1, 0, 0), g.number(reader.pad_piece, "int32"))
    before = g.node("Slice", longer, g.ints(0), g.ints(-1), g.ints(1))
    own = g.node("Gather", _constant(g, reader.own.weight, "pair.own"), pieces, axis=0)
    other = g.node("Gather", _constant(g, reader.before.weight, "pair.before"), before, axis=0)
    pairs = g.node("Relu", g.node("Add", own, other))
    shares = _shares(g, pieces, hidden, reader.weights.weight, "pair.weights")
    mean = g.node("Squeeze", g.node("MatMul", shares, pairs), g.ints(1))
    return _linear(g, mean, reader.head, "pair.head")


def _plan(g: GraphBuilder, logits: str, classes: Sequence[int], last: int) -> str:
    """Row of the table, int64 [B]: as `Planner.plan`."""
    action, *kinds = _likeliest(g, logits, classes)
    for kind, count in zip(kinds, classes[1:], strict=True):
        action = g.node("Add", g.node("Mul", action, g.number(count, "int64")), kind)
    return g.node("Min", action, g.number(last, "int64")) if kinds else action


def _likeliest(g: GraphBuilder, logits: str, classes: Sequence[int]) -> list[str]:
    """Index of the largest logit among the classes of every axis, int64 [B] each."""
    ends = np.cumsum(classes).tolist()
    parts = [
        g.node("Slice", logits, g.ints(end - count), g.ints(end), g.ints(1))
        for end, count in zip(ends, classes, strict=True)
    ]
    return [g.node("ArgMax", part, axis=1, keepdims=0) for part in parts]


def _constant(g: GraphBuilder, weight: nn.Parameter, name: str) -> str:
    return g.constant(weight.detach().numpy(), name=name)


def _linear(g: GraphBuilder, x: str, linear: nn.Linear, name: str) -> str:
    product = g.node("MatMul", x, g.constant(linear.weight.detach().numpy().T, name=name))
    return g.node("Add", product, _constant(g, linear.bias, f"{name}.bias"))
