"""From text ids and tokens to training rows: text layout, hints, and what the loss counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from training.transformer.config import FRAMES, WANTED_SLOTS, Stage, TransformerConfig


def text_row(
    config: TransformerConfig, duration: Sequence[int], line_break: int, prompt: Sequence[int]
) -> np.ndarray:
    """int64 [T] flat ids of duration, line break, prompt (piece ids), cut and right-padded.

    The two parts are encoded apart, so that each carries its own leading word mark.
    """
    pieces = [*duration, line_break, *prompt][: config.text_slots]
    row = np.full(config.text_slots, config.pad_id, np.int64)
    row[: len(pieces)] = np.asarray(pieces, np.int64) + config.codes
    return row


def trim_text(config: TransformerConfig, texts: np.ndarray) -> np.ndarray:
    """[B, T] without the columns that are padding in every row (at least one column stays)."""
    used = np.flatnonzero((texts != config.pad_id).any(axis=0))
    return texts[:, : int(used[-1]) + 1 if len(used) else 1]


def hints_of(config: TransformerConfig, tokens: np.ndarray) -> np.ndarray:
    """tokens [B, 5, C] -> int64 hints [B, 5, C, 2], flat ids or the null hint.

    Key frames: [same cell of the previous frame, null]. Interpolation: [same cell of the frame
    before, of the frame after] in slots 1 and 3, nulls in the given slots.
    """
    hints = np.full((*tokens.shape, 2), config.null_hint_id, np.int64)
    if config.stage == "keyframes":
        hints[:, 1:, :, 0] = tokens[:, :-1]
    else:
        for slot in WANTED_SLOTS:
            hints[:, slot, :, 0] = tokens[:, slot - 1]
            hints[:, slot, :, 1] = tokens[:, slot + 1]
    return hints


def loss_slots(stage: Stage) -> tuple[int, ...]:
    """Frames whose tokens the loss counts."""
    return tuple(range(FRAMES)) if stage == "keyframes" else WANTED_SLOTS


def loss_weights(
    tokens: np.ndarray, stage: Stage, changed: float = 2.0, first_frame: float = 1.0
) -> np.ndarray:
    """float32 [B, len(loss_slots), C]: `changed` where a token differs from the previous frame's
    cell (interpolation: from either neighbour's), `first_frame` in frame 0 of key frames, else 1.
    """
    slots = list(loss_slots(stage))
    weights = np.ones((tokens.shape[0], len(slots), tokens.shape[2]), np.float32)
    for index, slot in enumerate(slots):
        if slot == 0:
            weights[:, index] = first_frame
            continue
        differs = tokens[:, slot] != tokens[:, slot - 1]
        if stage == "interpolation":
            differs |= tokens[:, slot] != tokens[:, slot + 1]
        weights[:, index] = np.where(differs, np.float32(changed), np.float32(1))
    return weights
