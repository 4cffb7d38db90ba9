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
        """Mean nats per token of every frame that the loss counts, float64 [F]; of models that also
        draw masked cells first cell by cell, then of the hidden cells alone: [2F]."""
        ways = (False, True) if model.config.masked else (False,)
        if model.config.masked and model.config.stage == "keyframes":
            ways = (True,)  # frames and their copies in one
        return np.concatenate(
            [self._per_frame(model, clips, process, base_only, masked) for masked in ways]
        )

    def _per_frame(
        self, model: Transformer, clips: int, process: Process, base_only: bool, masked: bool
    ) -> np.ndarray:
        total: torch.Tensor | None = None
        clips = min(clips, len(self.batches.clips))
        own = range(process.rank, clips, process.count)
        size = self.batches.size
        for first in range(0, len(own), size):
            indices = list(own[first : first + size])
            rng = np.random.default_rng([7, indices[0]])
            batch = self.batches.batch(indices, rng, masked=masked).to(process.device)
            losses = token_losses(model, batch, base_only)
            counted = (batch.weights > 0).to(losses)
            sums = torch.stack(
                [(losses * counted).double().sum((0, 2)), counted.double().sum((0, 2))]
            )
            total = sums if total is None else total + sums
        if total is None:
            raise ValueError(f"{clips} validation clips are too few for {process.count} processes")
        nats, cells = sum_over_processes(total)
        return (nats / cells).cpu().numpy()
