"""Cross-entropies of both sides of the ranker."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from training.ranker.batches import IGNORED, RankerBatch
from training.ranker.model import (
    CLIP_LABELS,
    CLIP_WIDTHS,
    FRAME_LABELS,
    FRAME_WIDTHS,
    STAGE_WIDTH,
    TEXT_WIDTHS,
    Ranker,
)


def label_losses(
    logits: Tensor, labels: Tensor, widths: Sequence[int], smoothing: float = 0.0
) -> Tensor:
    """Mean cross-entropy in nats of every label, float32 [len(widths)].

    logits: [..., sum(widths)]; labels: int64 [..., len(widths)], IGNORED = no loss, else negative =
    the label's last class ("unclear" or "unstated"); `smoothing` is the share of the target that
    all classes get alike.
    """
    losses = []
    parts = logits.float().flatten(0, -2).split(list(widths), dim=1)
    columns = labels.flatten(0, -2).unbind(1)
    for own, column, width in zip(parts, columns, widths, strict=True):
        target = torch.where((column < 0) & (column != IGNORED), width - 1, column)
        losses.append(F.cross_entropy(own, target, label_smoothing=smoothing, ignore_index=IGNORED))
    return torch.stack(losses)


def ranker_losses(model: Ranker, batch: RankerBatch, smoothing: float) -> dict[str, Tensor]:
    """Losses in nats of every label of the pictures, and "text", the sum over the sentence's."""
    device = batch.tokens.device.type
    with torch.autocast(device, torch.bfloat16):
        frames, clip, stages = model.read_pictures(batch.text, batch.tokens)
    seen = label_losses(frames, batch.frames, FRAME_WIDTHS, smoothing)
    moved = label_losses(clip, batch.clip, CLIP_WIDTHS, smoothing)
    stage = label_losses(stages, batch.stages[..., None], (STAGE_WIDTH,), smoothing)
    read = label_losses(model.read_text(batch.text), batch.stated, TEXT_WIDTHS, smoothing)
    return {
        **dict(zip(FRAME_LABELS, seen, strict=True)),
        **dict(zip(CLIP_LABELS, moved, strict=True)),
        "stage": stage[0],
        "due": expected_loss(model, batch),
        "text": read.sum(),
    }


def expected_loss(model: Ranker, batch: RankerBatch) -> Tensor:
    """Mean cross-entropy in nats of the stages that are due in clips of an action and duration, of
    the clips whose action is known."""
    action = batch.clip[:, CLIP_LABELS.index("action")]
    rows = model.expected_stages(batch.text)[torch.arange(len(action)), action.clamp_min(0)]
    due = torch.where(action[:, None] < 0, IGNORED, batch.due)
    return F.cross_entropy(rows.flatten(0, 1), due.flatten(), ignore_index=IGNORED)
