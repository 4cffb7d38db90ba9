"""Windows of five frames, cut from the master clips in the way that a model will need them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from training.study.master_clips import MasterClips
from training.study.prepare import Material
from training.study.subworld import CLIP_FRAMES, study_caption
from training.transformer.batches import Batch, Batches
from training.transformer.config import TransformerConfig
from training.transformer.tokens import TokenSet
from training.world.dataset import (
    DURATION_TEXTS,
    WINDOW_FRAMES,
    interpolation_times,
    key_frame_times,
    window_times,
)
from training.world.scene import MASTER_RATE, Scene

WindowKind = Literal["key", "interpolation", "dense"]
"""key: mostly the whole clip at 1 fps; interpolation: any rate; dense: 8 fps from anywhere."""


def _dense_times(scene: Scene, rng: np.random.Generator) -> tuple[list[float], str]:
    start = int(rng.integers(CLIP_FRAMES - WINDOW_FRAMES + 1)) / MASTER_RATE
    return window_times(start, MASTER_RATE), DURATION_TEXTS[MASTER_RATE]


_TIMES: dict[WindowKind, Callable[[Scene, np.random.Generator], tuple[list[float], str]]] = {
    "key": key_frame_times,
    "interpolation": interpolation_times,
    "dense": _dense_times,
}


def cut_windows(
    clips: MasterClips, indices: np.ndarray, kind: WindowKind, rng: np.random.Generator
) -> TokenSet:
    """One window of each of the clips `indices`."""
    tokens, scenes, durations = [], [], []
    for index in indices:
        scene = clips.scenes[index]
        times, duration = _TIMES[kind](scene, rng)
        frames = np.rint(np.asarray(times) * MASTER_RATE).astype(int)
        tokens.append(clips.tokens[index, frames])
        scenes.append(scene)
        durations.append(duration)
    return TokenSet(np.stack(tokens), scenes, durations)


def window_batch(
    config: TransformerConfig,
    material: Material,
    clips: MasterClips,
    kind: WindowKind,
    size: int,
    rng: np.random.Generator,
    dropout: float = 0.1,
) -> Batch:
    """`size` windows of different clips with fresh captions; `dropout` of them without."""
    chosen = rng.choice(len(clips), size, replace=False)
    windows = cut_windows(clips, chosen, kind, rng)
    batches = Batches(config, windows, material.tokenizer, study_caption, size)
    return batches.batch(list(range(size)), rng, dropout)
