"""The graphs of icetk: text tokenizer, picture decoder and encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from training.cogvideo.checkpoint_files import open_checkpoint
from training.cogvideo.config import CogVideoConfig
from training.export.weight_storage import Precision
from training.icetk.config import IcetkConfig
from training.icetk.graph import build_decoder_graph, build_encoder_graph
from training.icetk.weights import icetk_from_arrays
from training.text.caption_tokenizer import LINE_BREAK
from training.text.sentencepiece_graph import build_sentencepiece_graph
from training.text.unigram_model import read_unigram_model

FINE_DECODER = "fineDecoder"
"""Of an upscaler: a file of its graph, not a graph of the package."""
_INPUTS_AND_OUTPUTS = "io."  # prefix of what golden vectors keep beside a state dict


@dataclass(frozen=True)
class TokenPart:
    """Graphs by name with their precision, and facts for the manifest."""

    graphs: dict[str, tuple[onnx.ModelProto, str]]
    facts: dict[str, Any]


def text_part(path: Path, config: CogVideoConfig) -> TokenPart:
    """ValueError where the text model's pieces are not as many as the transformer's rows for them:
    the added pieces, BOI among them, take the rows behind."""
    try:
        model = read_unigram_model(path)
        line_break = model.id_of(LINE_BREAK)
        _check_rows(path, len(model.pieces), config.boi_id - config.codes)
        graph = build_sentencepiece_graph(path, config.codes)
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} is no usable SentencePiece model: {error}") from error
    facts = {
        "textModelSha256": file_digest(path),
        "unknown": config.codes + model.unknown_id,
        "lineBreak": config.codes + line_break,
    }
    return TokenPart({"tokenizer": (graph, "fp32")}, facts)


def _check_rows(path: Path, pieces: int, rows: int) -> None:
    if pieces != rows:
        raise ValueError(
            f"{path} has {pieces} pieces, the transformer has rows for {rows}: "
            f"they do not belong together."
        )


def image_part(
    path: Path, precision: Precision, grid: int, fine_grid: int | None = None
) -> TokenPart:
    """Decoder and encoder at one grid; with `fine_grid` also `FINE_DECODER`, behind
    super-resolution."""
    checkpoint = open_checkpoint(path)
    arrays = {
        name: tensor
        for name, tensor in checkpoint.tensors.items()
        if not name.startswith(_INPUTS_AND_OUTPUTS)
    }
    config = IcetkConfig.from_json(checkpoint.config) if checkpoint.config else IcetkConfig()
    try:
        model = icetk_from_arrays(arrays, config)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    graphs = {
        "decoder": (build_decoder_graph(model, precision, grid), precision),
        "encoder": (build_encoder_graph(model, precision, grid), precision),
    }
    facts = {"imageModelSha256": file_digest(path), "pixels": grid * config.compress_rate}
    if fine_grid is not None:
        fine = build_decoder_graph(model, precision, fine_grid, names=("fine_tokens", "upscaled"))
        graphs[FINE_DECODER] = (fine, precision)
        facts["upscaledPixels"] = fine_grid * config.compress_rate
    return TokenPart(graphs, facts)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
