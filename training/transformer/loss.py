"""Cross-entropy of the image tokens that a stage has to predict."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from training.transformer.batches import Batch
from training.transformer.fused import CrossEntropy
from training.transformer.model import Transformer
from training.transformer.sequence import loss_slots


def token_losses(model: Transformer, batch: Batch, base_only: bool = False, lag: int = 0) -> Tensor:
    """float32 nats [B, F, C] of the frames that the stage's loss counts, then of hidden copies;
    bfloat16 autocast. `lag` as in `Transformer.forward`."""
    config = model.config
    if base_only:  # text to image: every frame by itself
        hints = torch.full_like(batch.hints, config.null_hint_id)
        batch = replace(batch, hints=hints)
    with torch.autocast(batch.tokens.device.type, torch.bfloat16):
        hidden = model(
            batch.text, batch.read, batch.hints, base_only, batch.opening, batch.masked,
            batch.copied if len(batch.copied) else None, lag,
        )  # fmt: skip
        hints, tokens = batch.hints, batch.tokens
        if config.stage == "interpolation":
            slots = list(loss_slots(config.stage))
            hidden, hints, tokens = hidden[:, slots], hints[:, slots], tokens[:, slots]
        logits = model.logits(hidden, hints)
    losses = CrossEntropy.apply(logits.flatten(0, -2), tokens.flatten())
    return losses.view(tokens.shape)


def losses_with_rivals(
    model: Transformer, batch: Batch, base_only: bool = False, lag: int = 0
) -> tuple[Tensor, Tensor]:
    """Nats [B, F, C] of the clips, and [R, F, C] of the first R under their rival captions."""
    count = len(batch.rivals)
    both = replace(
        batch,
        text=torch.cat([batch.text, batch.rivals]),
        tokens=torch.cat([batch.tokens, batch.tokens[:count]]),
        read=torch.cat([batch.read, batch.read[:count]]),
        hints=torch.cat([batch.hints, batch.hints[:count]]),
        opening=torch.cat([batch.opening, batch.rival_opening]),
    )
    losses = token_losses(model, both if count else batch, base_only, lag)
    return losses[: len(batch.tokens)], losses[len(batch.tokens) :]


def weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum()


def counted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """The mean of the losses whose weight is not 0, all alike."""
    counted = weights > 0
    return (losses * counted).sum() / counted.sum()
