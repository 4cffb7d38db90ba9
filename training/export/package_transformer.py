"""The torch model of a package's stage, its sizes read from manifest and graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.export.read_graphs import GraphReader, read_transformer
from training.transformer.config import Stage, TransformerConfig, Window
from training.transformer.model import Transformer


def package_transformer(package: Path, stage: Stage) -> Transformer:
    """Weights as they are stored. FileNotFoundError for a missing file; ValueError for what cannot
    be read back: shared weights, several files, sandwich norms, tied tables."""
    path = package / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}: name the folder of a model package.")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    graph = manifest["graphs"][stage]
    if len(graph["files"]) != 1 or graph.get("weights"):
        raise ValueError(f"{stage} of {package} shares weights or has several files.")
    file = package / graph["files"][0]["path"]
    return read_transformer(file, package_config(manifest, stage, GraphReader(file))).eval()


def package_config(
    manifest: dict[str, Any], stage: Stage, reader: GraphReader
) -> TransformerConfig:
    """The options of one stage; widths that no manifest names are those of the graph's matrices."""
    shape, ids = manifest["architecture"], manifest["ids"]
    summary = "text" in manifest["graphs"][stage]["inputs"]
    matrices = reader.operands("MatMul", 1)[2 if summary else 0 :]
    windows = manifest["keyframeWindows" if stage == "keyframes" else "interpolationWindows"]
    hints = {"keyframes": 1, "interpolation": 2}[stage] if shape["previousFrameHint"] else 0
    return TransformerConfig(
        stage=stage,
        grid=manifest["grid"],
        codes=manifest["codes"],
        vocabulary=(rows := len(reader.named("word"))),
        boi_id=ids["beginOfImage"],
        null_hint_id=ids["nullHint"],
        pad_id=ids["pad"],
        text_slots=manifest["textLength"],
        layers=shape["layers"],
        hidden=shape["hidden"],
        heads=shape["heads"],
        ffn=matrices[3].shape[1],  # of a layer: qkv of both channels, two dense, in, out
        norm=shape["norm"],
        hints=hints,  # type: ignore[arg-type]
        copy_gate=shape["copyGate"],
        text_summary=reader.operands("MatMul", 1)[0].shape[1] if summary else 0,
        stages=rows - ids["nullHint"] - 1,
        masked="rows" in manifest["graphs"][stage]["inputs"],
        windows=tuple(Window(**window) for window in windows),
    )
