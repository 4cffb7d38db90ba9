"""The part of the toy world that the study is about: few enough words for minutes of training."""

from __future__ import annotations

import numpy as np

from training.vqvae.frames import FrameSource
from training.world.atlas import World
from training.world.captions import plain_caption
from training.world.composite import render
from training.world.scene import CLIP_SECONDS, MASTER_RATE, Scene, sample_scene

SUBJECTS = ("lion", "zebra", "knight", "mage", "trex")
# All but walking have stages whose order can be checked.
ACTIONS = ("walk", "walk_stop", "jump", "eat", "sit")
PLACES = ("meadow", "desert", "snow")
# One plate of each place: the backgrounds are not what is compared.
LAYOUT = 0
CLIP_FRAMES = round(CLIP_SECONDS * MASTER_RATE) + 1  # 33, first and last included
MASTER_TIMES = tuple(i / MASTER_RATE for i in range(CLIP_FRAMES))
"""Seconds of the frames of a master clip."""


def contains(scene: Scene) -> bool:
    """Is this a scene of the study?"""
    return _in_any_layout(scene) and scene.layout == LAYOUT


def _in_any_layout(scene: Scene) -> bool:
    return scene.subject in SUBJECTS and scene.action in ACTIONS and scene.place in PLACES


def draw_scene(rng: np.random.Generator, split: str = "train", any_layout: bool = False) -> Scene:
    """A scene of the study from the "train" or "heldout" side of the world's own split."""
    belongs = _in_any_layout if any_layout else contains
    while not belongs(scene := sample_scene(rng, split)):
        pass
    return scene


def study_caption(scene: Scene, rng: np.random.Generator) -> str:
    """A training caption: always the plain sentence, since language is not what is compared."""
    return prompt_of(scene)


def prompt_scenes(count: int, seed: int) -> list[Scene]:
    """`count` scenes to generate, every other one of a held-out pair."""
    rng = np.random.default_rng([seed, 77])
    return [draw_scene(rng, "heldout" if i % 2 else "train") for i in range(count)]


def prompt_of(scene: Scene) -> str:
    """The plain sentence that states subject, action, direction and place."""
    return plain_caption(scene, "en")


def master_clip(scene: Scene, world: World) -> np.ndarray:
    """uint8 [33, P, P, 3] at 8 frames a second."""
    return render(scene, MASTER_TIMES, world)[0]


def frame_source(world: World) -> FrameSource:
    """Frames for the picture tokenizer, of all plates; six moments of each scene."""

    def compose(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        clips = [
            render(
                draw_scene(rng, any_layout=True), np.sort(rng.uniform(0, CLIP_SECONDS, 6)), world
            )
            for _ in range(-(-count // 6))
        ]
        frames, masks = (np.concatenate(parts)[:count] for parts in zip(*clips, strict=True))
        return frames, masks

    return compose
