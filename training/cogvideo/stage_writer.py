"""Writes the graphs of the stages; what is alike in both goes into files of its own, once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import onnx

from training.cogvideo.stage_checkpoint import StageValues
from training.export.shard_plan import PlannedShard
from training.export.transformer_shards import (
    PRECISION_OF_BITS,
    Bits,
    Emit,
    LookUpGraph,
    ShardGraph,
)
from training.export.weight_file import WeightFile


class SharedBase:
    """Files of the base model's weights, one beside each graph. The first stage writes them; a
    later one makes the same bytes, which is checked, and refers to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.entries: list[dict] = []

    def open(self, index: int, files: ExitStack) -> WeightFile | _SameAgain:
        if index < len(self.entries):
            return _SameAgain(self.entries[index])
        return files.enter_context(WeightFile(self._folder / f"base.{index}.weights"))

    def close(self, index: int, part: WeightFile | _SameAgain) -> None:
        if isinstance(part, WeightFile):
            self.entries.append(part.entry())
        else:
            part.check()


class _SameAgain:
    """Takes what is stored already."""

    def __init__(self, entry: dict) -> None:
        self._entry = entry
        self._hash = hashlib.sha256()

    def write(self, content: bytes) -> None:
        self._hash.update(content)

    def check(self) -> None:
        if self._hash.hexdigest() != self._entry["sha256"]:
            raise AssertionError(f"{self._entry['path']} does not belong to both stages")


def write_stage(
    folder: Path,
    values: StageValues,
    bits: Bits,
    shards: Sequence[PlannedShard],
    base: SharedBase | None,
) -> dict[str, Any]:
    """Writes one stage's files; returns what the manifest says of the graph."""
    model = values.model
    graphs = [
        LookUpGraph(model, bits, values),
        *(ShardGraph(model, bits, values, shard.layers) for shard in shards),
    ]
    files, nodes = [], []
    for index, graph in enumerate(graphs):
        path = folder / f"{model.config.stage}.{index}.onnx"
        entry, built = write_graph(path, index, graph, base)
        files.append(entry)
        nodes.append(built)
    return {
        "files": files,
        **({"weights": base.entries} if base is not None else {}),
        "mainMemoryFiles": 1,
        **graph_names(nodes),
        "precision": PRECISION_OF_BITS[bits],
    }


class _Writable(Protocol):
    """A look-up or shard, of a stage or of super-resolution."""

    def build_graph(self, emit: Emit) -> onnx.ModelProto: ...


def write_graph(
    path: Path, index: int, graph: _Writable, base: SharedBase | None
) -> tuple[dict, onnx.ModelProto]:
    """Writes the graph `index` of several; returns the file's entry and the graph without its
    large weights."""
    with ExitStack() as files:
        own = files.enter_context(WeightFile(path))
        shared = own if base is None else base.open(index, files)
        nodes = graph.build_graph(
            lambda content, is_base: (shared if is_base else own).write(content)
        )
        own.write(nodes.SerializeToString())
        if base is not None:
            base.close(index, shared)
    return own.entry(), nodes


def graph_names(nodes: Sequence[onnx.ModelProto]) -> dict[str, list[str]]:
    """What a run of all graphs takes and gives: hidden states between them stay inside."""
    made = [value.name for model in nodes for value in model.graph.output]
    taken = dict.fromkeys(v.name for model in nodes for v in model.graph.input)
    inner = {name for name in made if name in taken}
    outputs = [name for name in made if name not in inner]
    return {
        "hiddenStates": [name for name in made if name in inner],
        "inputs": [name for name in taken if name not in inner],
        "outputs": sorted(outputs, key=lambda name: name != "logits"),
    }
