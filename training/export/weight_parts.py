"""Graphs whose weights leave memory as they are made.

A protobuf message written in parts is read as one, so a graph file may begin with any number of
messages that hold only initializers, and end with the message that holds the nodes.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx

from training.export.graph_builder import GraphBuilder
from training.export.shared_weights import SMALLEST

Belongs = Callable[[str], bool]


def take_weights(g: GraphBuilder, belongs: Belongs = lambda name: True) -> bytes:
    """Moves the large initializers whose name `belongs` accepts out of `g`: a message that holds
    them, b"" if there are none. Their names stay known to the nodes."""
    taken = onnx.GraphProto()
    for tensor in g.take_initializers(lambda t: t.ByteSize() >= SMALLEST and belongs(t.name)):
        taken.initializer.append(tensor)
        tensor.Clear()
    return onnx.ModelProto(graph=taken).SerializeToString() if taken.initializer else b""
