"""Validation loss per frame, shared out over the training processes."""

from __future__ import annotations

import numpy as np
import torch
from training.common.distributed import Process, sum_over_processes
from training.transformer.batches import Batches
from training.transformer.loss import token_losses
from training.transformer.model import Transformer


class Validation:
    """The first clips of a set, always with the same captions and no dropout."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    @torch.no_grad()
    def per_frame(
        self, model: Transformer, clips: int, process: Process, base_only: bool = False
    ) -> np.ndarray:
        """Mean nats per token of every frame that the loss counts, float64 [F]; of masked cells where
        the model has them."""
        total: torch.Tensor | None = None
        clips = min(clips, len(self.batches.clips))
        own = range(process.rank, clips, process.count)
        size = self.batches.size
        for first in range(0, len(own), size):
            indices = list(own[first : first + size])
            batch = self.batches.batch(indices, np.random.default_rng([7, indices[0]]))
            batch = batch.to(process.device)
            losses = token_losses(model, batch, base_only)
            counted = (batch.weights > 0).to(losses)
            sums = torch.stack([(losses * counted).double().sum((0, 2)), counted.double().sum((0, 2))])
            total = sums if total is None else total + sums
        if total is None:
            raise ValueError(f"{clips} validation clips are too few for {process.count} processes")
        nats, cells = sum_over_processes(total)
        return (nats / cells).cpu().numpy()
