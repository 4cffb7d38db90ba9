"""Weights that several graphs hold alike, kept once.

A protobuf message written in parts is read as one: repeated fields of the parts are appended. So
the shared initializers go into a model of their own, and the bytes of a graph followed by the bytes
of that model are the whole graph again, for every runtime.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import onnx

SMALLEST = 512
"""Bytes; what is smaller stays in its graph."""


def take_shared_weights(graphs: Sequence[onnx.ModelProto]) -> bytes:
    """Removes from all `graphs` the initializers that they hold alike, name and content; returns
    the model that holds them."""
    by_name = [{i.name: i.SerializeToString() for i in graph.graph.initializer} for graph in graphs]
    first, *others = by_name
    shared = {
        name
        for name, content in first.items()
        if len(content) >= SMALLEST and all(other.get(name) == content for other in others)
    }
    result = onnx.ModelProto()
    result.graph.initializer.extend(i for i in graphs[0].graph.initializer if i.name in shared)
    for graph in graphs:
        own = [i for i in graph.graph.initializer if i.name not in shared]
        del graph.graph.initializer[:]
        graph.graph.initializer.extend(own)
    return result.SerializeToString()


def read_graph(package: Path, name: str) -> bytes:
    """A graph of a package, whole: its file and the weights that it shares with other graphs."""
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["graphs"][name]
    files = [*entry["files"], *entry.get("weights", [])]
    return b"".join((package / file["path"]).read_bytes() for file in files)
