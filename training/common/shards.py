"""Trained weights as pieces of limited size: half precision, safetensors, hashes in an index.

A bare machine hands back few files of limited size; these need no code to be read safely.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from training.common.checkpoint import Checkpoint

FORMAT = 1
INDEX = "index.json"
LIMIT = 16 * 2**20
"""Bytes of the largest piece."""
_HEADER = 64 * 2**10
"""Bytes set aside for a piece's own header."""


@dataclass
class Shards:
    """Weights by part ("vqvae", "keyframes", ...) with what belongs to them."""

    preset: str
    parts: dict[str, Checkpoint]
    """Model, configuration, step, elapsed and plain extras; no optimizer."""
    documents: dict[str, str] = field(default_factory=dict)
    """Text files by name."""


def in_half(tensor: Tensor) -> Tensor:
    """float16, unless a value does not fit; tensors of other kinds as they are."""
    if not tensor.is_floating_point():
        return tensor
    half = tensor.to(torch.float16)
    return half if torch.isfinite(half).all() else tensor


class _Packer:
    """Fills pieces in turn; equal tensors are stored once, long ones go on in the next piece."""

    def __init__(self, limit: int) -> None:
        self.room = limit - _HEADER
        self.pieces: list[dict[str, Tensor]] = []
        self._used = self.room  # so that the first tensor begins a piece
        self._known: dict[tuple, list[list[int | str]]] = {}

    def add(self, tensor: Tensor) -> dict[str, Any]:
        tensor = in_half(tensor.detach().cpu()).contiguous()
        flat = tensor.reshape(-1)
        content = hashlib.sha256(flat.view(torch.uint8).numpy().tobytes()).digest()
        identity = (content, tensor.dtype, tensor.numel())
        if identity not in self._known:
            self._known[identity] = self._store(flat)
        return {"shape": list(tensor.shape), "at": self._known[identity]}

    def _store(self, flat: Tensor) -> list[list[int | str]]:
        places: list[list[int | str]] = []
        size, start = flat.element_size(), 0
        while True:
            if self.room - self._used < size:
                self.pieces.append({})
                self._used = 0
            count = min(flat.numel() - start, (self.room - self._used) // size)
            name = str(len(self.pieces[-1]))
            self.pieces[-1][name] = flat[start : start + count].clone()
            self._used += count * size
            places.append([len(self.pieces) - 1, name])
            start += count
            if start >= flat.numel():
                return places


def write_shards(shards: Shards, folder: Path, limit: int = LIMIT) -> list[Path]:
    """Writes index.json and the pieces into `folder`, which must be new or empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; name another folder.")
    packer = _Packer(limit)
    parts = {
        name: {
            "config": part.config,
            "step": part.step,
            "elapsed": part.elapsed,
            "extra": part.extra,
            "tensors": {key: packer.add(tensor) for key, tensor in part.model.items()},
        }
        for name, part in shards.parts.items()
    }
    files, entries = [], []
    for number, piece in enumerate(packer.pieces, start=1):
        path = folder / f"weights-{number}-of-{len(packer.pieces)}.safetensors"
        content = save(piece)
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        entries.append({"path": path.name, "bytes": len(content), "sha256": digest})
        files.append(path)
    index = {"format": FORMAT, "preset": shards.preset, "files": entries, "parts": parts}
    index["documents"] = shards.documents
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
    return [folder / INDEX, *files]


def read_shards(folder: Path) -> Shards:
    """Checks every piece against the index; weights come back in float32 where they were half.

    FileNotFoundError names a missing file, ValueError a damaged one or an unknown format.
    """
    path = folder / INDEX
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}: name the folder that the pieces lie in.")
    index = json.loads(path.read_text(encoding="utf-8"))
    if index.get("format") != FORMAT:
        raise ValueError(f"{path} has format {index.get('format')}, this code reads {FORMAT}.")
    pieces = [_read_piece(folder, entry) for entry in index["files"]]

    def tensor(entry: dict[str, Any]) -> Tensor:
        flat = torch.cat([pieces[number][name] for number, name in entry["at"]])
        flat = flat.float() if flat.dtype == torch.float16 else flat
        return flat.reshape(entry["shape"]).clone()

    parts = {
        name: Checkpoint(
            model={key: tensor(entry) for key, entry in part["tensors"].items()},
            config=part["config"],
            step=part["step"],
            elapsed=part["elapsed"],
            extra=part["extra"],
        )
        for name, part in index["parts"].items()
    }
    return Shards(index["preset"], parts, index["documents"])


def _read_piece(folder: Path, entry: dict[str, Any]) -> dict[str, Tensor]:
    path = folder / entry["path"]
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: copy all files that {INDEX} lists.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is damaged: its SHA-256 is not what {INDEX} says. Copy it again.")
    return load(content)
