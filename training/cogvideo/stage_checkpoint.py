"""One stage of a checkpoint, checked from end to end before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.checkpoint_files import Checkpoint, open_checkpoint
from training.cogvideo.config import CogVideoConfig
from training.cogvideo.release_settings import stage_config
from training.cogvideo.transformer_weights import check_shapes, tensor_sources
from training.transformer.model import Transformer

BASE = "transformer."
"""Prefix of the tensors that training left as CogView2 had them."""
_AT_ONCE = 1 << 22  # values that are examined at a time


@dataclass(frozen=True)
class StageCheckpoint:
    config: CogVideoConfig
    checkpoint: Checkpoint
    base_digests: dict[str, str]  # SHA-256 of type, shape and content of each base tensor

    def values(self) -> StageValues:
        return StageValues(self)


def open_stage(path: Path, stage: int) -> StageCheckpoint:
    """Reads every tensor once. ValueError lists missing, extra and mis-shaped tensors and names
    those that hold values that are no finite numbers."""
    checkpoint = open_checkpoint(path)
    try:
        config = stage_config(checkpoint.config, stage)
        shapes = {name: tensor.shape for name, tensor in checkpoint.tensors.items()}
        check_shapes(shapes, config)
        digests = examine(checkpoint)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return StageCheckpoint(config, checkpoint, digests)


def examine(checkpoint: Checkpoint) -> dict[str, str]:
    """Reads every tensor; the digests of those of the base, by name. ValueError names tensors that
    are not made of finite floating-point numbers."""
    digests, unusable = {}, []
    for name, tensor in checkpoint.tensors.items():
        if tensor.dtype.kind != "f":
            unusable.append(f"{name} holds {tensor.dtype}, not floating-point numbers")
            continue
        values = tensor.read()
        if not _is_finite(values):
            unusable.append(f"{name} holds values that are not finite numbers (NaN or infinite)")
        if name.startswith(BASE):
            digests[name] = _digest(values)
    if unusable:
        more = f"\n  and {len(unusable) - 10} more" if len(unusable) > 10 else ""
        raise ValueError("unusable weights:\n  " + "\n  ".join(unusable[:10]) + more)
    return digests


def _is_finite(values: np.ndarray) -> bool:
    flat = values.reshape(-1)
    parts = (flat[first : first + _AT_ONCE] for first in range(0, len(flat), _AT_ONCE))
    return all(np.isfinite(part).all() for part in parts)


def _digest(values: np.ndarray) -> str:
    found = hashlib.sha256(f"{values.dtype.str} {values.shape}".encode())
    found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()


class Unfilled(Transformer):
    """Parameters without content, for the walk of the graph builder; it cannot run."""

    def _register_masks(self) -> None:
        pass


class StageValues:
    """The content of each parameter of `model`, read from the checkpoint when it is asked for."""

    def __init__(self, stage: StageCheckpoint) -> None:
        with torch.device("meta"):
            self.model = Unfilled(stage.config.to_transformer())
        parameters = dict(self.model.named_parameters())
        self._tensors = stage.checkpoint.tensors
        self._sources = {id(parameters[s.parameter]): s for s in tensor_sources(stage.config)}

    def __call__(self, parameter: Tensor) -> np.ndarray:
        """In the type of the file; positions that no text or frame reaches are left out."""
        source = self._sources[id(parameter)]
        return source.cut(self._tensors[source.tensor].read())


def different_base(first: dict[str, str], *others: dict[str, str]) -> Iterator[str]:
    """Names of base tensors that are not alike in all checkpoints, whose `base_digests` these
    are."""
    for name, digest in first.items():
        if any(other.get(name) != digest for other in others):
            yield name
