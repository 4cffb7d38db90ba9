"""The torch model of a package's stage, its sizes read from manifest and graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.export.manifest_config import manifest_config
from training.export.read_graphs import GraphReader, read_transformer
from training.transformer.config import Stage, TransformerConfig
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
    summary = "text" in manifest["graphs"][stage]["inputs"]
    matrices = reader.operands("MatMul", 1)[2 if summary else 0 :]
    return manifest_config(
        manifest,
        stage,
        vocabulary=len(reader.named("word")),
        ffn=matrices[3].shape[1],  # of a layer: qkv of both channels, two dense, in, out
        text_summary=reader.operands("MatMul", 1)[0].shape[1] if summary else 0,
        stage_rows=reader.has_table("stage_rows"),
    )
