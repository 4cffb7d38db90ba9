"""Training pairs: what the decoder makes of a frame, and the same frame rendered larger.

The large render comes first; its averages over factor x factor pixels are the frame that goes
through the picture tokenizer. So both show the same to the pixel, whatever the scene holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.upscaler.config import UpscalerConfig
from training.vqvae.frames import FrameSource
from training.vqvae.model import VQVAE
from training.vqvae.tokenize_frames import decode, encode


@dataclass
class Pairs:
    """``n`` pairs, on the CPU."""

    small: np.ndarray
    """uint8 [n, P, P, 3]: reconstructions, or renders."""
    large: np.ndarray
    """uint8 [n, F * P, F * P, 3], rendered."""
    masks: np.ndarray
    """bool [n, F * P, F * P], true on the subject."""


PairSource = Callable[[np.random.Generator, int], Pairs]


def large_world_frames(pixels: int, folder: Path, split: str = "train") -> FrameSource:
    """Frames of random scenes, drawn from a world that was rendered large enough for ``pixels``."""
    from training.world.atlas import load_world
    from training.world.composite import render
    from training.world.scene import sample_scene

    world = load_world(pixels, folder)

    def compose(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        frames, masks, have = [], [], 0
        while have < count:
            times = np.sort(rng.uniform(0, 4, min(4, count - have)))
            clip, mask = render(sample_scene(rng, split), times, world)
            frames.append(clip)
            masks.append(mask)
            have += len(times)
        return np.concatenate(frames), np.concatenate(masks)

    return compose


def average_down(frames: np.ndarray, factor: int) -> np.ndarray:
    """uint8 [n, F * P, F * P, 3] -> [n, P, P, 3], the mean of each F x F square, rounded."""
    n, side = frames.shape[:2]
    small = side // factor
    squares = frames.reshape(n, small, factor, small, factor, 3)
    return np.rint(squares.mean((2, 4), dtype=np.float32)).astype(np.uint8)


def reconstructed_pairs(
    source: FrameSource, vqvae: VQVAE, config: UpscalerConfig, clean_share: float = 0.0
) -> PairSource:
    """Pairs whose small frames went through the picture tokenizer, all but ``clean_share``."""
    if vqvae.config.pixels != config.pixels:
        raise ValueError(
            f"The picture tokenizer makes frames of {vqvae.config.pixels} pixels, the upscaler "
            f"takes {config.pixels}: use the tokenizer and the upscaler of one preset."
        )

    def compose(rng: np.random.Generator, count: int) -> Pairs:
        large, masks = source(rng, count)
        small = average_down(large, config.factor)
        through = np.flatnonzero(rng.random(count) >= clean_share)
        small[through] = decode(vqvae, encode(vqvae, small[through]))
        return Pairs(small, large, masks)

    return compose


class PairPool:
    """``size`` pairs in memory, renewed slowly; batches favour frames that show their subject."""

    def __init__(
        self, source: PairSource, config: UpscalerConfig, rng: np.random.Generator
    ) -> None:
        self._source, self._config, self._rng = source, config, rng
        self.pairs = source(rng, config.pool)
        self._weights = self._weights_of(self.pairs.masks)

    @staticmethod
    def _weights_of(masks: np.ndarray) -> np.ndarray:
        return np.where(masks.any((1, 2)), 1.0, 0.25)

    def renew(self, count: int) -> None:
        """Replaces ``count`` random pairs by new ones."""
        places = self._rng.choice(len(self.pairs.small), count, replace=False)
        new = self._source(self._rng, count)
        self.pairs.small[places] = new.small
        self.pairs.large[places] = new.large
        self.pairs.masks[places] = new.masks
        self._weights[places] = self._weights_of(new.masks)

    def _pick(self, count: int) -> np.ndarray:
        cumulative = np.cumsum(self._weights)
        return np.searchsorted(cumulative, self._rng.uniform(0, cumulative[-1], count))

    def full_frames(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 [count, P, P, 3], uint8 [count, F * P, F * P, 3] and bool [count, F * P, F * P]."""
        chosen = self._pick(count)
        pairs = self.pairs
        arrays = pairs.small[chosen], pairs.large[chosen], pairs.masks[chosen]
        return tuple(torch.from_numpy(array) for array in arrays)  # type: ignore[return-value]

    def crops(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """As full_frames, of ``config.crop`` pixels; most are centred on a pixel of the subject."""
        side, factor = self._config.crop, self._config.factor
        parts = []
        for index in self._pick(count):
            top, left = self._corner(self.pairs.masks[index])
            window = np.s_[top : top + side, left : left + side]
            large = np.s_[
                top * factor : (top + side) * factor, left * factor : (left + side) * factor
            ]
            pairs = self.pairs
            parts.append(
                (pairs.small[index][window], pairs.large[index][large], pairs.masks[index][large])
            )
        return tuple(  # type: ignore[return-value]
            torch.from_numpy(np.stack(arrays)) for arrays in zip(*parts, strict=True)
        )

    def _corner(self, mask: np.ndarray) -> tuple[int, int]:
        """Row and column in pixels of the small frame, multiples of ``config.step``."""
        config = self._config
        last = (config.pixels - config.crop) // config.step
        subject = np.flatnonzero(mask[:: config.factor, :: config.factor])
        if len(subject) == 0 or self._rng.random() < 0.3:
            row, column = self._rng.integers(0, last + 1, 2)
        else:
            centre = np.array(divmod(int(self._rng.choice(subject)), config.pixels))
            row, column = np.clip(
                np.rint((centre - config.crop / 2) / config.step).astype(int), 0, last
            )
        return int(row) * config.step, int(column) * config.step
