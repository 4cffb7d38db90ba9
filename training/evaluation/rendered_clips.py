"""Real renders with everything that the evaluator learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.labels import LabelSet, labels_of
from training.evaluation.moved_ground import with_moved_ground
from training.world.atlas import World
from training.world.composite import render
from training.world.dataset import WINDOW_FRAMES, key_frame_times
from training.world.scene import CLIP_SECONDS, Scene, sample_scene
from training.world.visible_stages import stages_at

SCORED_RATE = 2
"""Frames per second of the clips that are scored: 9 frames of a whole clip."""

# A subject with fewer visible pixels than this share of the picture cannot be told.
_LEAST_SHARE = 0.004
_HELD_OUT_SHARE = 0.3
_TRIES = 40
# How often a training batch shows whole clips at 2 fps, at 1 fps, and shorter windows.
_WINDOW_WEIGHTS = (0.45, 0.25, 0.3)


@dataclass(frozen=True)
class RenderedClips:
    """B clips of F frames with P pixels a side."""

    frames: np.ndarray  # uint8 [B, F, P, P, 3]
    labels: dict[str, np.ndarray]  # field -> int64 [B], UNKNOWN where not determined
    stages: np.ndarray  # int64 [B, F]
    boxes: np.ndarray  # float32 [B, F, 4]: subject's centre x, y, width, height, 0..1
    visible: np.ndarray  # bool [B, F]: enough of the subject is in the picture
    rates: np.ndarray  # float32 [B], frames per second


def whole_clip_times(rate: int) -> list[float]:
    """The moments of a whole clip at `rate` frames per second, both ends included."""
    return [i / rate for i in range(round(CLIP_SECONDS * rate) + 1)]


def render_clips(
    scenes: Sequence[Scene], times: Sequence[Sequence[float]], world: World, labels: LabelSet
) -> RenderedClips:
    """Render every scene at its own times; all need the same number of frames."""
    drawn = [render(scene, moments, world) for scene, moments in zip(scenes, times, strict=True)]
    masks = np.stack([mask for _, mask in drawn])
    boxes, visible = subject_boxes(masks)
    stages = [
        [labels.index("stage", name) for name in stages_at(scene, moments)]
        for scene, moments in zip(scenes, times, strict=True)
    ]
    named = [labels_of(scene) for scene in scenes]
    return RenderedClips(
        frames=np.stack([frames for frames, _ in drawn]),
        labels={f: np.array([labels.index(f, names[f]) for names in named]) for f in labels.fields},
        stages=np.array(stages),
        boxes=boxes,
        visible=visible,
        rates=np.array([1 / (moments[1] - moments[0]) for moments in times], np.float32),
    )


def subject_boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """masks bool [..., P, P] -> boxes float32 [..., 4] as in RenderedClips, visible bool [...]."""
    pixels = masks.shape[-1]
    flat = masks.reshape(-1, pixels, pixels)
    boxes = np.zeros((len(flat), 4), np.float32)
    for box, mask in zip(boxes, flat, strict=True):
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
            box[:] = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    visible = flat.mean((1, 2)) >= _LEAST_SHARE
    shape = masks.shape[:-2]
    return (boxes / pixels).reshape(*shape, 4), visible.reshape(shape)


def training_clips(
    rng: np.random.Generator, count: int, world: World, labels: LabelSet
) -> RenderedClips:
    """A batch of fresh clips of both sides of the split, all shown in the same kind of window.

    Actions come about equally often: the stages of rare ones must be told as surely as others.
    Some batches are drawn with another ground line.
    """
    kind = rng.choice(3, p=_WINDOW_WEIGHTS)
    splits = np.where(rng.random(count) < _HELD_OUT_SHARE, "heldout", "train")
    scenes = [_balanced_scene(rng, str(split), labels) for split in splits]
    if kind < 2:
        times = [whole_clip_times((SCORED_RATE, 1)[kind])] * count
    else:
        times = [_short_window(scene, rng) for scene in scenes]
    return render_clips(scenes, times, with_moved_ground(world, rng), labels)


def _balanced_scene(rng: np.random.Generator, split: str, labels: LabelSet) -> Scene:
    """A scene of a random action, or any scene where that action is too rare to be met."""
    actions = labels.classes["action"]
    wanted = actions[int(rng.integers(len(actions)))]
    for _ in range(_TRIES):
        scene = sample_scene(rng, split, labels.subset)
        if scene.action == wanted:
            break
    return scene


def _short_window(scene: Scene, rng: np.random.Generator) -> list[float]:
    """Five frames at a higher rate that still show the action."""
    while True:
        times, _ = key_frame_times(scene, rng)
        if times[-1] - times[0] < CLIP_SECONDS:
            assert len(times) == WINDOW_FRAMES
            return times
