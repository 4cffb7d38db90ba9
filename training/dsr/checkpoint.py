"""CogView2's dsr checkpoint: checked from end to end, then read tensor by tensor.

The settings of the release leave out what its code fixes: grids, kernels, special ids, positions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.checkpoint_files import Checkpoint, open_checkpoint
from training.cogvideo.release_settings import BOI_FROM_END, IMAGE_CODES
from training.cogvideo.stage_checkpoint import examine
from training.common.named_arrays import check_names_and_shapes
from training.dsr.config import DsrConfig
from training.dsr.model import DsrTransformer
from training.dsr.weights import original_names

LAYOUT = (96, 496, 4096)  # ends of text, coarse cells and fine cells
_IO = "io."  # prefix of what golden vectors keep beside a state dict
_SIZES = ("num_layers", "hidden_size", "num_attention_heads", "vocab_size")


@dataclass(frozen=True)
class DsrCheckpoint:
    config: DsrConfig
    tensors: Mapping[str, Any]  # StoredTensor by original name
    base_digests: dict[str, str]  # SHA-256 of type, shape and content of each tensor of the body

    def values(self) -> DsrValues:
        return DsrValues(self)


def open_dsr(path: Path) -> DsrCheckpoint:
    """A released folder or .npz. Reads every tensor once. ValueError lists missing, extra and
    mis-shaped tensors and names those that hold values that are no finite numbers."""
    opened = open_checkpoint(path)
    tensors = {name: t for name, t in opened.tensors.items() if not name.startswith(_IO)}
    try:
        config = dsr_config(opened.config)
        found = {name: tensor.shape for name, tensor in tensors.items()}
        check_names_and_shapes(found, _shapes(config), "CogView2's super-resolution (dsr)")
        digests = examine(Checkpoint(path, tensors, opened.config))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return DsrCheckpoint(config, tensors, digests)


def dsr_config(settings: Mapping[str, Any]) -> DsrConfig:
    """Of the release's model_config.json, or a golden set's settings, which state everything."""
    missing = [name for name in _SIZES if not isinstance(settings.get(name), int)]
    if missing:
        raise ValueError(f"the model settings lack {', '.join(missing)}")
    stated = {name: value for name, value in settings.items() if value is not None}
    layout = _layout(stated.pop("layout", LAYOUT))
    values = {
        "inner_hidden_size": 4 * settings["hidden_size"],
        "num_image_tokens": IMAGE_CODES,
        "boi_id": settings["vocab_size"] - BOI_FROM_END,
        "low_grid": math.isqrt(layout[1] - layout[0]),
        "high_grid": math.isqrt(layout[2] - layout[1]),
        "lowres_position_offset": DsrConfig.coarse_offset,
        "max_sequence_length": DsrConfig.base_positions,
        "kernel_low": DsrConfig.coarse_kernel,
        "kernel_high": DsrConfig.fine_kernel,
        "layernorm_epsilon": DsrConfig.norm_eps,
        **stated,
        "layout": layout,
    }
    return DsrConfig.from_json(values)


def _layout(stated: Any) -> list[int]:
    try:
        if isinstance(stated, str):
            stated = json.loads(f"[{stated.strip('[]')}]")
        text, coarse, fine = (int(end) for end in stated)
    except (TypeError, ValueError):
        raise ValueError(f"layout must be three lengths, not {stated!r}") from None
    return [text, coarse, fine]


def _on_meta(config: DsrConfig) -> DsrTransformer:
    with torch.device("meta"):
        return DsrTransformer(config)


def _shapes(config: DsrConfig) -> dict[str, tuple[int, ...]]:
    parameters = dict(_on_meta(config).named_parameters())
    return {
        theirs: tuple(parameters[ours].shape) for ours, theirs in original_names(config).items()
    }


class DsrValues:
    """The content of each parameter of `model`, read from the checkpoint when it is asked for."""

    def __init__(self, checkpoint: DsrCheckpoint) -> None:
        self.model = _on_meta(checkpoint.config)
        parameters = dict(self.model.named_parameters())
        names = original_names(checkpoint.config)
        self._tensors = {id(parameters[ours]): checkpoint.tensors[names[ours]] for ours in names}

    def __call__(self, parameter: Tensor) -> np.ndarray:
        """In the type of the file."""
        return self._tensors[id(parameter)].read()
