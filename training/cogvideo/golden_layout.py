"""Token layouts against a golden set: input ids, position ids and which tokens the loss counts.

Our sequences differ in form only: texts are padded on the right and not fed where padded, and a
position id is an index into the kept rows of both tables. Translated back they must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.golden_case import GoldenCase, differing
from training.cogvideo.golden_stage import GoldenStage
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.sequence import loss_slots, loss_weights
from training.transformer.visibility import image_position, prefill_positions


def check_layout(stage: GoldenStage) -> Iterator[GoldenCase]:
    """Whole arrays must be equal, id for id."""
    for case in stage.cases:
        text, frames = stage.text(case), stage.io[f"case{case}.frames"]
        found = {
            "input_ids": input_ids(stage.config, text, frames),
            "position_ids": position_ids(stage.config, len(text)),
            "loss_mask": loss_mask(stage, frames),
        }
        if f"case{case}.sampler_position_ids" in stage.io:
            found["sampler_position_ids"] = sampler_position_ids(stage.config, len(text))
        for name, ids in found.items():
            wrong = differing(ids, stage.io[f"case{case}.{name}"])
            title = f"{stage.title}, case {case}: {name.replace('_', ' ')}"
            yield GoldenCase(title, "numpy", float(wrong), 0.0, "that differ")


def input_ids(config: CogVideoConfig, text: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """[T + 5*C]: left pads, text, then BOI and all tokens but the last of every frame."""
    pads = np.full(config.text_slots - len(text), config.pad_id)
    image = np.concatenate([np.full((FRAMES, 1), config.boi_id), frames[:, :-1]], axis=1)
    return np.concatenate([pads, text, image.ravel()])


def released_position(config: CogVideoConfig, positions: np.ndarray) -> np.ndarray:
    """Our position ids -> the release's, whose image part begins at `image_offset`."""
    image = positions - config.text_slots + config.image_offset
    return np.where(positions < config.text_slots, positions, image)


def position_ids(config: CogVideoConfig, text_length: int) -> np.ndarray:
    """[T + 5*C]: left pads at 0, text from 0, image in temporal order."""
    pads = np.zeros(config.text_slots - text_length, np.int64)
    first = image_position(config.text_slots, config.grid, 0, 0)
    image = first + np.arange(FRAMES * config.grid**2)
    return np.concatenate([pads, np.arange(text_length), released_position(config, image)])


def sampler_position_ids(config: CogVideoConfig, text_length: int) -> np.ndarray:
    """[text_length + 5*C]: text and given slots as our prefill runs them, then the drawn slots."""
    cells = config.grid**2
    prefill = prefill_positions(config.stage, config.text_slots, config.grid)
    assert len(prefill) == config.text_slots + len(GIVEN_SLOTS) * cells
    drawn = [
        image_position(config.text_slots, config.grid, slot, 0) + np.arange(cells)
        for slot in WANTED_SLOTS
    ]
    image = np.concatenate([prefill[config.text_slots :], *drawn])
    return np.concatenate([np.arange(text_length), released_position(config, image)])


def loss_mask(stage: GoldenStage, frames: np.ndarray) -> np.ndarray:
    """[5, C] 1 where CogVideo's loss counts: its frame 0 belongs to the frozen base model."""
    mask = np.zeros(frames.shape, np.uint8)
    config = stage.config
    weights = loss_weights(frames[None], config.stage, changed=1, first_frame=0)[0]
    mask[list(loss_slots(config.stage))] = weights
    return mask
