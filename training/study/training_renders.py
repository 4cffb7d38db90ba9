"""Renders of the training clips: the pixels that the video GAN learns from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.study.subworld import CLIP_FRAMES, master_clip
from training.world.atlas import World
from training.world.scene import Scene


def training_renders(scenes: Sequence[Scene], world: World, path: Path, pixels: int) -> np.ndarray:
    """uint8 [N, 33, P, P, 3], rendered at the first call and read from `path` as it is needed.

    800 clips of 64 pixels are 324 MB, so they stay on disk.
    """
    shape = (len(scenes), CLIP_FRAMES, pixels, pixels, 3)
    if not path.exists():
        print(f"frames of {len(scenes)} clips", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npy")
        frames = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
        for index, scene in enumerate(scenes):
            frames[index] = master_clip(scene, world)
        frames.flush()
        os.replace(unfinished, path)
    found = np.load(path, mmap_mode="r")
    if found.shape != shape:
        raise ValueError(f"{path} has frames of {found.shape}, wanted {shape}: delete it")
    return found
