"""A model package as it ships: checked file by file, its graphs open in onnxruntime."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort

from training.export.manifest import FORMAT
from training.export.onnx_transformer import open_session
from training.export.shared_weights import read_graph

GRAPHS = ("tokenizer", "keyframes", "interpolation", "decoder", "encoder")
"""Evaluation needs the encoder too: its reconstructions are the ceiling."""
RANKER = "ranker"
"""Optional; chooses among several draws of the key frames."""
STORYBOARD = "storyboard"
"""Optional; plans which stage of the action every frame shows."""
_OPTIONAL = (RANKER, STORYBOARD)

_NEEDED = ("id", "version", "grid", "pixels", "codes", "maxRounds", "rates", "rateRules",
           "defaultKeyRate", "textLength", "maxCodePoints", "ids", "keyframeWindows",
           "interpolationWindows", "architecture", "sampling", "graphs")  # fmt: skip


class PackageError(ValueError):
    """A package that cannot be evaluated; the message says which part and what to do."""


@dataclass(frozen=True)
class ModelPackage:
    """Manifest and sessions of the graphs named in GRAPHS, and of the optional ones that exist."""

    folder: Path
    manifest: dict[str, Any]
    sessions: dict[str, ort.InferenceSession]

    @property
    def hashes(self) -> dict[str, list[str]]:
        """Graph -> SHA-256 of its files, of every graph of the package."""
        graphs = self.manifest["graphs"]
        return {name: [f["sha256"] for f in _files(graph)] for name, graph in graphs.items()}


def open_package(folder: Path, threads: int = 1) -> ModelPackage:
    """Check and open the package in `folder`; PackageError before anything is sampled."""
    manifest = _read_manifest(folder)
    for name, graph in manifest["graphs"].items():
        _check_files(folder, name, graph)
    sessions = {}
    for name in (*GRAPHS, *(name for name in _OPTIONAL if name in manifest["graphs"])):
        files = manifest["graphs"][name]["files"]
        if len(files) != 1:
            raise PackageError(f"graph {name} is split over {len(files)} files, which evaluation "
                               "does not support; export it as one file")  # fmt: skip
        sessions[name] = _open(folder, name, threads)
    return ModelPackage(folder, manifest, sessions)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise PackageError(f"there is no {path}; name the folder that training.export_onnx wrote")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PackageError(f"{path} is not JSON ({error}); export the package again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise PackageError(f"{path} is not a manifest of format {FORMAT}; export the package again")
    missing = [name for name in _NEEDED if name not in manifest]
    if missing:
        raise PackageError(f"{path} lacks {', '.join(missing)}; export the package again")
    missing = [name for name in GRAPHS if name not in manifest["graphs"]]
    if missing:
        raise PackageError(f"{path} lists no graph {', '.join(missing)}; export the package again")
    return manifest


def _check_files(folder: Path, name: str, graph: dict[str, Any]) -> None:
    for file in _files(graph):
        path = folder / file["path"]
        if not path.is_file():
            raise PackageError(f"graph {name}: {path} is missing; export the package again")
        content = path.read_bytes()
        if len(content) != file["bytes"]:
            raise PackageError(f"graph {name}: {path} has {len(content)} bytes, the manifest says "
                               f"{file['bytes']}; export the package again")  # fmt: skip
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise PackageError(f"graph {name}: {path} does not have the manifest's SHA-256; "
                               "export the package again")  # fmt: skip


def _files(graph: dict[str, Any]) -> list[dict[str, Any]]:
    """A graph's own files and those of weights that it shares."""
    return [*graph["files"], *graph.get("weights", [])]


def _open(folder: Path, name: str, threads: int) -> ort.InferenceSession:
    try:
        return open_session(read_graph(folder, name), threads)
    except Exception as error:  # onnxruntime raises types of its own for damaged models
        raise PackageError(f"graph {name}: onnxruntime cannot open it: {error}") from error
