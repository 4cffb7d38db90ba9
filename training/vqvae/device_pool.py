"""A pool of frames in the device's memory, filled by host processes and cut there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from training.common.workers import in_any_order
from training.vqvae.frames import RANDOM_CORNERS, UNSEEN_WEIGHT, FrameSource

CHUNK = 120
"""Frames that a host process composes at a time."""


class DeviceFramePool:
    """As `FramePool`, on `device`: a step neither waits for the host nor copies its batch."""

    renew_every, renewed = 2, CHUNK
    """Steps between renewals, and frames that each of them replaces."""

    def __init__(
        self,
        source: FrameSource,
        size: int,
        device: torch.device,
        workers: int,
        seed: tuple[int, ...],
    ) -> None:
        def compose(worker: int) -> Iterator[tuple[Tensor, Tensor]]:
            rng = np.random.default_rng((*seed, worker))
            while True:
                frames, masks = source(rng, CHUNK)
                yield torch.from_numpy(frames), torch.from_numpy(masks)

        self.device = device
        self._chunks = in_any_order(compose, workers, pin=device.type == "cuda")
        self._random = torch.Generator(device).manual_seed(hash(seed) % 2**63)
        parts = [self._next() for _ in range(-(-size // CHUNK))]
        self.frames = torch.cat([frames for frames, _ in parts])[:size]
        self.masks = torch.cat([masks for _, masks in parts])[:size]
        self._weights = _weights_of(self.masks)

    def _next(self) -> tuple[Tensor, Tensor]:
        frames, masks = next(self._chunks)
        return (
            frames.to(self.device, non_blocking=True),
            masks.to(self.device, non_blocking=True),
        )

    def renew(self, count: int) -> None:
        """Replaces up to `count` random frames by new ones, at most a chunk."""
        frames, masks = (part[:count] for part in self._next())
        places = torch.randperm(len(self.frames), generator=self._random, device=self.device)
        places = places[: len(frames)]
        self.frames[places], self.masks[places] = frames, masks
        self._weights[places] = _weights_of(masks)

    def _pick(self, count: int) -> Tensor:
        return torch.multinomial(self._weights, count, replacement=True, generator=self._random)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._random, device=self.device)

    def full_frames(self, count: int) -> tuple[Tensor, Tensor]:
        """uint8 [count, P, P, 3] and bool [count, P, P]."""
        chosen = self._pick(count)
        return self.frames[chosen], self.masks[chosen]

    def crops(self, count: int, side: int, step: int) -> tuple[Tensor, Tensor]:
        """As `FramePool.crops`."""
        chosen = self._pick(count)
        corners = self._corners(self.masks[chosen], side, step)
        rows, columns = (corners + torch.arange(side, device=self.device)[:, None, None]).unbind(-1)
        window = chosen[:, None, None], rows.T[:, :, None], columns.T[:, None, :]
        return self.frames[window], self.masks[window]

    def _corners(self, masks: Tensor, side: int, step: int) -> Tensor:
        """int64 [N, 2], row and column; most are centred on a random pixel of the subject."""
        count, pixels = masks.shape[:2]
        last = (pixels - side) // step
        anywhere = (self._uniform(count, 2) * (last + 1)).long()
        # The largest of random numbers on the subject is at a random pixel of it.
        point = (self._uniform(count, pixels * pixels) * masks.flatten(1)).argmax(1)
        centre = torch.stack([point // pixels, point % pixels], dim=1)
        near = ((centre - side / 2) / step).round().long().clamp(0, last)
        random = (self._uniform(count) < RANDOM_CORNERS) | ~masks.flatten(1).any(1)
        return torch.where(random[:, None], anywhere, near) * step


def _weights_of(masks: Tensor) -> Tensor:
    return torch.where(masks.flatten(1).any(1), 1.0, UNSEEN_WEIGHT)
