"""CogVideo's released files -> a model package, layer by layer, all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.cogvideo.cluster_table import FILE as CLUSTER_FILE
from training.cogvideo.cluster_table import cluster_table_bytes, read_cluster_table
from training.cogvideo.config import CogVideoConfig
from training.cogvideo.package_manifest import package_manifest
from training.cogvideo.release_files import ReleaseFiles, find_release
from training.cogvideo.stage_checkpoint import StageCheckpoint, different_base, open_stage
from training.cogvideo.stage_writer import SharedBase, write_stage
from training.cogvideo.super_resolution import SuperResolution, open_super_resolution
from training.cogvideo.token_parts import FINE_DECODER, TokenPart, image_part, text_part
from training.dsr.upscaler_part import UpscalerPart, write_upscaler
from training.export.manifest import file_entry, graph_entry
from training.export.package import replace_folder
from training.export.shard_plan import (
    SHARD_LIMIT,
    PlannedShard,
    look_up_weight,
    plan_shards,
)
from training.export.transformer_shards import Bits
from training.export.weight_storage import Precision

_STAGES = ("keyframes", "interpolation")  # stage 1, stage 2
_SPARE = 1 << 24  # bytes of nodes, names and manifest beyond the weights


@dataclass(frozen=True)
class Conversion:
    source: Path
    out: Path
    bits: Bits = 4
    shard_bytes: int = SHARD_LIMIT
    as_released: bool = False
    partial: bool = False
    resident_shards: int | None = None
    """So many shards of a graph are loaded at a time by the app; None: all."""
    command: str = "python -m training.convert_cogvideo"


def convert(wanted: Conversion, report: Callable[[str], None] = lambda line: None) -> int:
    """Writes the package and returns its bytes. The folder `out` appears at the end, complete, or
    not at all. FileNotFoundError, ValueError and OSError say what is wrong with the source."""
    _check_out(wanted.out)
    files = find_release(wanted.source, wanted.partial)
    stages = _open_stages(files, report)
    shared = _shares_base(stages, report)
    configs = {stage: opened.config for stage, opened in stages.items()}
    plans = {s: plan_shards(c.to_transformer(), wanted.bits, wanted.shard_bytes)
             for s, c in configs.items()}  # fmt: skip
    config = next(iter(configs.values()))
    clusters = _clusters(files, config, report)
    super_resolution = open_super_resolution(files, config, clusters, report)
    parts = _token_parts(files, config, wanted.bits, super_resolution)
    upscaler = _plan_upscaler(
        super_resolution, parts, stages if shared else {}, plans, wanted, report
    )
    unfinished = wanted.out.with_name(f"{wanted.out.name}.part")
    needed = _needed_bytes(configs, plans, wanted.bits, shared, parts)
    _check_space(wanted.out, needed + (upscaler.needed_bytes(wanted.bits) if upscaler else 0))
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        base = SharedBase(unfinished) if shared else None
        graphs = _write_stages(unfinished, stages, plans, wanted.bits, base, report)
        graphs |= _write_parts(unfinished, parts)
        if upscaler is not None:
            report(f"writing super-resolution in {len(upscaler.shards)} shards")
            own = base if upscaler.shares_base else None
            graphs["upscaler"] = write_upscaler(unfinished, upscaler, wanted.bits, own)
        _limit_resident(graphs, wanted.resident_shards)
        facts = {name: value for part in parts for name, value in part.facts.items()}
        manifest = package_manifest(
            wanted.out.name, configs, graphs, facts, wanted.as_released, wanted.command,
            _write_clusters(unfinished, clusters),
        )  # fmt: skip
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (unfinished / "manifest.json").write_text(text + "\n", encoding="utf-8")
        if files.licence is not None:
            shutil.copyfile(files.licence, unfinished / "LICENSE")
        replace_folder(wanted.out, unfinished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return sum(file.stat().st_size for file in wanted.out.iterdir())


def _check_out(out: Path) -> None:
    """Only a package may be replaced."""
    if out.exists() and not (out.is_dir() and (out / "manifest.json").exists()):
        raise ValueError(f"{out} exists and is no model package: choose another folder.")


def _open_stages(files: ReleaseFiles, report: Callable[[str], None]) -> dict[str, StageCheckpoint]:
    stages = {}
    for number, (stage, path) in enumerate(zip(_STAGES, files.stages, strict=True), start=1):
        if path is not None:
            report(f"checking {path}")
            stages[stage] = open_stage(path, number)
    return stages


def _shares_base(stages: dict[str, StageCheckpoint], report: Callable[[str], None]) -> bool:
    if len(stages) < 2:
        return False
    different = list(different_base(*(stage.base_digests for stage in stages.values())))
    if not different:
        report("both stages have the same base: it is stored once")
        return True
    report(f"the stages have different bases ({len(different)} tensors, {different[0]} first): "
           f"each keeps its own")  # fmt: skip
    return False


def _token_parts(
    files: ReleaseFiles, config: CogVideoConfig, bits: Bits, finer: SuperResolution | None
) -> list[TokenPart]:
    parts = []
    if files.text_model is not None:
        parts.append(text_part(files.text_model, config))
    if files.image_tokenizer is not None:
        precision: Precision = "fp32" if bits == 32 else "fp16"
        fine_grid = finer.checkpoint.config.fine_grid if finer else None
        parts.append(image_part(files.image_tokenizer, precision, config.grid, fine_grid))
    return parts


def _clusters(
    files: ReleaseFiles, config: CogVideoConfig, report: Callable[[str], None]
) -> np.ndarray | None:
    if files.clusters is not None:
        return read_cluster_table(files.clusters, config.codes)
    report("no table of code clusters: the package draws by plain top-k, unlike the release")
    return None


def _write_clusters(folder: Path, table: np.ndarray | None) -> dict[str, Any] | None:
    """The manifest's entry: the file and how many clusters it numbers."""
    if table is None:
        return None
    content = cluster_table_bytes(table)
    (folder / CLUSTER_FILE).write_bytes(content)
    return {"table": file_entry(CLUSTER_FILE, content), "count": int(table.max()) + 1}


def _plan_upscaler(
    finer: SuperResolution | None,
    parts: list[TokenPart],
    alike: dict[str, StageCheckpoint],
    plans: dict[str, list[PlannedShard]],
    wanted: Conversion,
    report: Callable[[str], None],
) -> UpscalerPart | None:
    """Takes the decoder of fine tokens out of `parts`. `alike`: stages that share their base."""
    if finer is None:
        return None
    decoder, _ = next(p.graphs.pop(FINE_DECODER) for p in parts if FINE_DECODER in p.graphs)
    stage = next(iter(plans))
    return finer.plan(
        decoder, alike.get(stage), plans[stage], wanted.bits, wanted.shard_bytes, report
    )


def _needed_bytes(
    configs: dict[str, CogVideoConfig],
    plans: dict[str, list[PlannedShard]],
    bits: Bits,
    shared: bool,
    parts: list[TokenPart],
) -> int:
    total = sum(graph.ByteSize() for part in parts for graph, _ in part.graphs.values())
    for number, (stage, config) in enumerate(configs.items()):
        size = sum((p.size for p in plans[stage]), look_up_weight(config.to_transformer(), bits))
        total += size.own if shared and number else size.all
    return total + _SPARE


def _check_space(out: Path, needed: int) -> None:
    folder = next(parent for parent in out.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"{out} needs {needed / 1e9:.2f} GB, {folder} has {free / 1e9:.2f} GB free: "
            f"free space or choose another folder."
        )


def _write_stages(
    folder: Path,
    stages: dict[str, StageCheckpoint],
    plans: dict[str, list[PlannedShard]],
    bits: Bits,
    base: SharedBase | None,
    report: Callable[[str], None],
) -> dict[str, Any]:
    graphs = {}
    for stage, opened in stages.items():
        report(f"writing {stage} in {len(plans[stage])} shards of {bits} bits")
        graphs[stage] = write_stage(folder, opened.values(), bits, plans[stage], base)
    return graphs


def _limit_resident(graphs: dict[str, Any], count: int | None) -> None:
    """Notes in graphs of more shards how many may be loaded at a time."""
    for graph in graphs.values():
        shards = len(graph["files"]) - graph.get("mainMemoryFiles", 0)
        if count is not None and shards > count:
            graph["residentShards"] = count


def _write_parts(folder: Path, parts: list[TokenPart]) -> dict[str, Any]:
    entries = {}
    for part in parts:
        for name, (graph, precision) in part.graphs.items():
            content = graph.SerializeToString()
            (folder / f"{name}.onnx").write_bytes(content)
            entries[name] = graph_entry(f"{name}.onnx", graph, content, precision, [])
    return entries
