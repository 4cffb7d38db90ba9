"""Picture tokens of whole clips: the material that every model of the study is trained on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from training.study.subworld import draw_scene, master_clip
from training.vqvae.model import VQVAE
from training.vqvae.tokenize_frames import encode
from training.world.atlas import World
from training.world.scene import Scene

SPLITS = ("train", "validation")


@dataclass(frozen=True)
class MasterClips:
    """N clips of 33 frames at 8 frames a second."""

    tokens: np.ndarray  # uint16 [N, 33, C]
    scenes: list[Scene]

    def __len__(self) -> int:
        return len(self.tokens)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        scenes = np.array([json.dumps(asdict(scene)) for scene in self.scenes])
        np.savez(unfinished, tokens=self.tokens, scenes=scenes)
        os.replace(unfinished, path)

    @staticmethod
    def load(path: Path) -> MasterClips:
        with np.load(path) as file:
            scenes = [Scene(**json.loads(text)) for text in file["scenes"].tolist()]
            return MasterClips(file["tokens"], scenes)


def split_scenes(split: str, count: int) -> list[Scene]:
    """Scenes of trained pairs; the validation's come from seeds of their own."""
    return [draw_scene(np.random.default_rng([SPLITS.index(split), 5, i])) for i in range(count)]


def tokenize_scenes(scenes: Iterable[Scene], world: World, vqvae: VQVAE) -> MasterClips:
    """Renders and tokenises the scenes, one clip at a time."""
    scenes = list(scenes)
    tokens = [encode(vqvae, master_clip(scene, world)) for scene in scenes]
    return MasterClips(np.stack(tokens).reshape(len(scenes), len(tokens[0]), -1), scenes)
