"""Where a stage's checkpoints are, and models made from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from training.common.checkpoint import Checkpoint, load_checkpoint
from training.presets import data_folder
from training.transformer.config import Stage, TransformerConfig
from training.transformer.model import Transformer


def stage_folder(preset: str, stage: Stage) -> Path:
    """`checkpoint.pt` (resumable, with averaged weights) and, when finished, `final.pt`."""
    return data_folder(preset) / stage


def load_transformer(path: Path) -> Transformer:
    """The model of a checkpoint, for inference: of an unfinished run its averaged weights."""
    checkpoint = load_checkpoint(path)
    model = Transformer(TransformerConfig.from_json(checkpoint.config))
    average = checkpoint.extra.get("average")
    model.load_state_dict(average if average is not None else checkpoint.model)
    return model.eval().requires_grad_(False)


def newest(preset: str, stage: Stage) -> Path:
    """The finished model of a stage if there is one, else its running checkpoint."""
    final = stage_folder(preset, stage) / "final.pt"
    return final if final.exists() else final.with_name("checkpoint.pt")


@torch.no_grad()
def initialise_from(model: Transformer, path: Path, copy_base_channel: bool = False) -> None:
    """Starts `model` from a checkpoint of the same sizes, of this stage or another.

    A second hint starts as a copy of the first; both are halved, so that two equal hints together
    do what one did. A summary of the text that only one of both has is left out or starts as
    nothing, so do vectors of stages, of spots and of heights, and a model that also draws masked
    cells may start from one that does not.
    `copy_base_channel` starts the temporal projections from the base channel and
    the mixture at one half, as CogVideo does for a frozen base.
    """
    source: Checkpoint = load_checkpoint(path)
    average = source.extra.get("average")
    weights: dict[str, Tensor] = dict(average if average is not None else source.model)
    old = TransformerConfig.from_json(source.config)
    wanted = model.config
    same = replace(old.for_stage(wanted.stage), text_summary=wanted.text_summary,
                   masked=wanted.masked, stage_rows=wanted.stage_rows,
                   columns=wanted.columns, rows=wanted.rows)  # fmt: skip
    if same != wanted:
        raise ValueError(f"{path} holds a model of other sizes: {old}, wanted {wanted}")
    if old.hints == 1 and model.config.hints == 2:
        # A table's rows and a projection are linear alike.
        weights["hints.0.weight"] = weights["hints.0.weight"] / 2
        weights["hints.1.weight"] = weights["hints.0.weight"].clone()
        if model.config.copy_gate:
            weights["gate.weight"] = (weights["gate.weight"] / 2).repeat(2, 1)
            weights["gate.bias"] = (weights["gate.bias"] / 2).repeat(2)
    for part, differs in (
        ("summary.", old.text_summary != wanted.text_summary),
        ("stage_rows.", old.stage_rows != wanted.stage_rows),
        ("spot_rows.", (old.stage_rows, old.columns) != (wanted.stage_rows, wanted.columns)),
        ("height_rows.", (old.stage_rows, old.rows) != (wanted.stage_rows, wanted.rows)),
    ):
        if differs:
            weights = {name: w for name, w in weights.items() if not name.startswith(part)}
            own = model.state_dict().items()
            weights |= {name: weight for name, weight in own if name.startswith(part)}
    model.load_state_dict(weights)
    if copy_base_channel:
        start_from_base_channel(model)


@torch.no_grad()
def start_from_base_channel(model: Transformer) -> None:
    """Starts the temporal channel from a trained base channel, with the mixture at one half."""
    for layer in model.layers:
        layer.temporal.qkv.load_state_dict(layer.spatial.qkv.state_dict())
        torch.nn.init.normal_(layer.temporal.dense.weight, std=0.02)
        layer.mix.zero_()


def is_base_parameter(name: str) -> bool:
    """Does CogVideo keep this parameter frozen after text-to-image training?"""
    new = ("temporal.", "mix", "position_extra", "position_frame", "hints.", "gate.", "summary.",
           "stage_rows.", "spot_rows.", "height_rows.")  # fmt: skip
    return not any(part in name for part in new)
