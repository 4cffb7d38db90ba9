"""The planner of storyboards as an ONNX graph: a prompt -> the ids that open its frames."""

from __future__ import annotations

import numpy as np
import onnx
from torch import nn

from training.export.graph_builder import GraphBuilder
from training.storyboard.planner import HIDDEN, Planner


def build_storyboard_graph(model: Planner, table: np.ndarray) -> onnx.ModelProto:
    """text int32 [B, L] (flat ids, padded) -> opening int32 [B, rates, times].

    table: int32 [actions + 1, rates, times], see training.storyboard.plan.storyboard_table.
    """
    g, config = GraphBuilder("storyboard"), model.config
    g.input("text", "int32", ["B", "L"])
    pieces = g.node("Sub", "text", g.number(config.codes, "int32"))
    padding = g.node("Equal", pieces, g.number(config.pad_piece, "int32"))
    hidden = g.node("Mul", g.cast(padding, "float32"), g.number(-HIDDEN))
    weights = g.node("Gather", _constant(g, model.weights.weight, "weights"), pieces, axis=0)
    weights = g.node("Add", weights, g.node("Unsqueeze", hidden, g.ints(2)))
    weights = g.node("Transpose", g.node("Softmax", weights, axis=1), perm=[0, 2, 1])
    rows = g.node("Gather", _constant(g, model.pieces.weight, "pieces"), pieces, axis=0)
    mean = g.node("Squeeze", g.node("MatMul", weights, rows), g.ints(1))
    inner = g.node("Relu", _linear(g, mean, model.hidden, "hidden"))
    action = g.node("ArgMax", _linear(g, inner, model.head, "head"), axis=1, keepdims=0)
    g.node("Gather", g.constant(table, "int32", "storyboards"), action, axis=0, name="opening")
    g.output("opening", "int32", ["B", *table.shape[1:]])
    return g.model()


def _constant(g: GraphBuilder, weight: nn.Parameter, name: str) -> str:
    return g.constant(weight.detach().numpy(), name=name)


def _linear(g: GraphBuilder, x: str, linear: nn.Linear, name: str) -> str:
    product = g.node("MatMul", x, g.constant(linear.weight.detach().numpy().T, name=name))
    return g.node("Add", product, _constant(g, linear.bias, f"{name}.bias"))
