"""Where training frames come from: a pool in memory, composed at the start and renewed slowly."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

FrameSource = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
"""``source(rng, n)`` -> frames uint8 [n, P, P, 3] and masks bool [n, P, P] of the subject."""


def world_frames(pixels: int, split: str = "train", subset: str = "cpu") -> FrameSource:
    """Frames of random scenes of the toy world's `subset`; a scene gives up to six moments."""
    from training.world.atlas import load_world
    from training.world.composite import render
    from training.world.scene import sample_scene

    world = load_world(pixels)  # says what to do when the atlas has not been rendered

    def compose(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        frames, masks, have = [], [], 0
        while have < count:
            times = np.sort(rng.uniform(0, 4, min(6, count - have)))
            clip, mask = render(sample_scene(rng, split, subset), times, world)
            frames.append(clip)
            masks.append(mask)
            have += len(times)
        return np.concatenate(frames), np.concatenate(masks)

    return compose


def moving_shapes(pixels: int) -> FrameSource:
    """Ellipses before striped skies: a stand-in for the world where its atlas is not wanted."""
    rows, columns = np.mgrid[0:pixels, 0:pixels] / pixels

    def compose(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        frames = np.empty((count, pixels, pixels, 3), np.uint8)
        masks = np.empty((count, pixels, pixels), bool)
        for i in range(count):
            sky, subject = rng.uniform(40, 215, (2, 3))
            x, y, width, height = rng.uniform((0.2, 0.4, 0.1, 0.1), (0.8, 0.7, 0.3, 0.3))
            masks[i] = ((columns - x) / width) ** 2 + ((rows - y) / height) ** 2 < 1
            stripes = 20 * np.sin(rows * rng.uniform(10, 30))[..., None]
            frames[i] = np.where(masks[i][..., None], subject, sky + stripes)
        return frames, masks

    return compose


UNSEEN_WEIGHT = 0.25
"""How often a frame without its subject is drawn, beside one that shows it."""
RANDOM_CORNERS = 0.2
"""Share of the crops that lie anywhere."""


class FramePool:
    """``size`` frames and masks in memory; batches favour frames that show their subject."""

    renew_every, renewed = 10, 60
    """Steps between renewals, and frames that each of them replaces."""

    def __init__(self, source: FrameSource, size: int, rng: np.random.Generator) -> None:
        self._source, self._rng = source, rng
        self.frames, self.masks = source(rng, size)
        self._weights = self._weights_of(self.masks)
        self._cumulative = np.cumsum(self._weights)

    @staticmethod
    def _weights_of(masks: np.ndarray) -> np.ndarray:
        return np.where(masks.reshape(len(masks), -1).any(1), 1.0, UNSEEN_WEIGHT)

    def renew(self, count: int) -> None:
        """Replaces ``count`` random frames by new ones."""
        places = self._rng.choice(len(self.frames), count, replace=False)
        self.frames[places], self.masks[places] = self._source(self._rng, count)
        self._weights[places] = self._weights_of(self.masks[places])
        self._cumulative = np.cumsum(self._weights)

    def _pick(self, count: int) -> np.ndarray:
        points = self._rng.uniform(0, self._cumulative[-1], count)
        return np.searchsorted(self._cumulative, points)

    def full_frames(self, count: int) -> tuple[Tensor, Tensor]:
        """uint8 [count, P, P, 3] and bool [count, P, P]."""
        chosen = self._pick(count)
        return torch.from_numpy(self.frames[chosen]), torch.from_numpy(self.masks[chosen])

    def crops(self, count: int, side: int, step: int) -> tuple[Tensor, Tensor]:
        """As full_frames with ``side`` pixels, corners at multiples of ``step`` pixels.

        Four of five are centred on a pixel of the subject (where the frame has one).
        """
        frames = np.empty((count, side, side, 3), np.uint8)
        masks = np.empty((count, side, side), bool)
        for i, index in enumerate(self._pick(count)):
            top, left = self._corner(self.masks[index], side, step)
            window = np.s_[top : top + side, left : left + side]
            frames[i], masks[i] = self.frames[index][window], self.masks[index][window]
        return torch.from_numpy(frames), torch.from_numpy(masks)

    def _corner(self, mask: np.ndarray, side: int, step: int) -> tuple[int, int]:
        last = (mask.shape[0] - side) // step
        subject = np.flatnonzero(mask)
        if len(subject) == 0 or self._rng.random() < RANDOM_CORNERS:
            row, column = self._rng.integers(0, last + 1, 2)
        else:
            centre = np.array(divmod(int(self._rng.choice(subject)), mask.shape[1]))
            row, column = np.clip(np.rint((centre - side / 2) / step).astype(int), 0, last)
        return int(row) * step, int(column) * step
