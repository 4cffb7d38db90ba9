"""Super-resolution as a package's upscaler: text, tokens and uniforms in, enlarged pixels out.

Its files are the look-up, shards of whole layers, and the decoder of the finer tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.stage_writer import SharedBase, graph_names, write_graph
from training.dsr.checkpoint import DsrCheckpoint
from training.dsr.shard_plan import dsr_look_up_weight
from training.dsr.shards import DsrLookUpGraph, DsrShardGraph
from training.export.manifest import file_entry
from training.export.shard_plan import PlannedShard
from training.export.shared_weights import take_shared_weights
from training.export.transformer_shards import PRECISION_OF_BITS, Bits
from training.transformer.cluster_sampling import ClusterSampling


@dataclass(frozen=True)
class UpscalerPart:
    checkpoint: DsrCheckpoint
    sampling: ClusterSampling
    decoder: onnx.ModelProto  # fine_tokens -> upscaled
    shards: list[PlannedShard]
    shares_base: bool  # its body is that of both stages, and cut alike

    def needed_bytes(self, bits: Bits) -> int:
        size = sum(
            (shard.size for shard in self.shards),
            dsr_look_up_weight(self.checkpoint.config, bits),
        )
        return (size.own if self.shares_base else size.all) + self.decoder.ByteSize()


def check_fits(path: Path, checkpoint: DsrCheckpoint, stage: CogVideoConfig) -> None:
    """ValueError where it reads other tokens or texts than the stage makes."""
    dsr = checkpoint.config
    pairs = {
        "tokens per side": (dsr.coarse_grid, stage.grid),
        "picture codes": (dsr.codes, stage.codes),
        "words": (dsr.vocabulary, stage.vocabulary),
        "id of BOI": (dsr.boi_id, stage.boi_id),
    }
    for what, (found, expected) in pairs.items():
        if found != expected:
            raise ValueError(f"{path}: {what} is {found}, the stages have {expected}")
    if dsr.text_slots < stage.text_slots:
        raise ValueError(
            f"{path} reads {dsr.text_slots} text ids, the stages {stage.text_slots}: it must read "
            "all of them"
        )


def write_upscaler(
    folder: Path, part: UpscalerPart, bits: Bits, base: SharedBase | None
) -> dict[str, Any]:
    """Writes the files; returns what the manifest says of the graph. `base` holds the weights of
    the stages, written before, where `part` shares them."""
    values = part.checkpoint.values()
    graphs = [
        DsrLookUpGraph(values.model, bits, values),
        *(
            DsrShardGraph(values.model, bits, values, shard.layers, part.sampling)
            for shard in part.shards
        ),
    ]
    files, nodes = [], []
    for index, graph in enumerate(graphs):
        entry, built = write_graph(folder / f"upscaler.{index}.onnx", index, graph, base)
        files.append(entry)
        nodes.append(built)
    weights = _write_decoder(folder, f"upscaler.{len(graphs)}", part.decoder, base, files)
    return {
        "files": files,
        **({"weights": weights} if weights else {}),
        "mainMemoryFiles": 1,
        **graph_names([*nodes, part.decoder]),
        "precision": PRECISION_OF_BITS[bits],
    }


def _write_decoder(
    folder: Path, name: str, decoder: onnx.ModelProto, base: SharedBase | None, files: list[dict]
) -> list[dict]:
    """Adds the decoder to `files`; returns the weights of all of them. Where the others have files
    of weights beside them, the decoder must have one too."""
    contents = {}
    if base is not None:
        decoder = onnx.ModelProto.FromString(decoder.SerializeToString())
        contents[f"{name}.weights"] = take_shared_weights([decoder])
    contents[f"{name}.onnx"] = decoder.SerializeToString()
    entries = {}
    for path, content in contents.items():
        (folder / path).write_bytes(content)
        entries[path] = file_entry(path, content)
    files.append(entries[f"{name}.onnx"])
    return [] if base is None else [*base.entries, entries[f"{name}.weights"]]
