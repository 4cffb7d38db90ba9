"""From tokens to pixels and back through the package's graphs, and real clips in its frame size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.evaluation.package import ModelPackage
from training.world.atlas import World
from training.world.composite import render
from training.world.scene import CLIP_SECONDS, MASTER_RATE, Scene, core_window

_FRAMES_AT_ONCE = 32


def decoded(package: ModelPackage, tokens: np.ndarray) -> np.ndarray:
    """Tokens int32 [N, F, C] -> frames uint8 [N, F, P, P, 3], rounded as the product rounds."""
    grid = package.manifest["grid"]
    flat = tokens.reshape(-1, grid, grid).astype(np.int32)
    parts = []
    for first in range(0, len(flat), _FRAMES_AT_ONCE):
        batch = flat[first : first + _FRAMES_AT_ONCE]
        (frames,) = package.sessions["decoder"].run(["frames"], {"tokens": batch})
        parts.append(np.rint(frames * 255.0).clip(0, 255).astype(np.uint8))
    frames = np.concatenate(parts).transpose(0, 2, 3, 1)
    return frames.reshape(*tokens.shape[:2], *frames.shape[1:])


def encoded(package: ModelPackage, clips: np.ndarray) -> np.ndarray:
    """Frames uint8 [N, F, P, P, 3] -> tokens int32 [N, F, C]."""
    flat = clips.reshape(-1, *clips.shape[2:])
    parts = []
    for first in range(0, len(flat), _FRAMES_AT_ONCE):
        batch = flat[first : first + _FRAMES_AT_ONCE].transpose(0, 3, 1, 2).astype(np.float32) / 255
        parts.append(package.sessions["encoder"].run(["tokens"], {"frames": batch})[0])
    return np.concatenate(parts).reshape(*clips.shape[:2], -1)


def real_clips(
    scenes: Sequence[Scene], key_rates: Sequence[int], frames: int, world: World
) -> np.ndarray:
    """What the clips would be if they were rendered: uint8 [N, frames, P, P, 3].

    A clip lasts as long as five key frames at its rate, and holds the action's core.
    """
    clips = [
        render(scene, window_times(scene, 4 / rate, frames), world)[0]
        for scene, rate in zip(scenes, key_rates, strict=True)
    ]
    return np.stack(clips)


def window_times(scene: Scene, seconds: float, frames: int) -> np.ndarray:
    """`frames` moments over `seconds` of the scene, around the middle of what shows the action."""
    core = core_window(scene) or (0.0, CLIP_SECONDS)
    start = min(max(0.0, sum(core) / 2 - seconds / 2), CLIP_SECONDS - seconds)
    start = round(start * MASTER_RATE) / MASTER_RATE
    return start + np.linspace(0, seconds, frames)
