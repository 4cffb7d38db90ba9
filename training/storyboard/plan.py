"""Which stages clips of an action go through: the storyboards that the planner hands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from training.storyboard.axes import RATES, STEPS
from training.storyboard.planner import Planner
from training.transformer.config import TransformerConfig
from training.transformer.storyboard import classes_at, opening_ids
from training.world.dataset import WINDOW_FRAMES, typical_start
from training.world.scene import Scene, border_shift, sample_scene
from training.world.subsets import Subset

_SCENES = 64  # whose stages end sooner or later, as clips differ


def planned_classes(subset: Subset, action: str, rate: int) -> list[int]:
    """Stages (training.world.visible_stages.stages_of) at STEPS + 1 equally spaced times of a
    clip of `action` whose key frames are drawn at `rate` frames per second.

    Clips differ in when a stage ends. Of those that there are, the plan is the one whose key frames
    show the most stages, for what none of them shows is left to the frames between them; among
    equals the one that differs least from the average.
    """
    return _plan(subset, action, rate)[1]


def planned_shift(subset: Subset, action: str, rate: int) -> float:
    """By how many seconds that plan's stages end later than on average (scene.border_shift)."""
    return _plan(subset, action, rate)[0]


@cache
def _plan(subset: Subset, action: str, rate: int) -> tuple[float, list[int]]:
    example = sample_scene(np.random.default_rng(0), world=subset.name)
    scenes = [replace(example, action=action, seed=seed) for seed in range(_SCENES)]
    by_shift = {border_shift(scene): scene for scene in scenes}
    plans = [(shift, _classes_of(by_shift[shift], rate)) for shift in sorted(by_shift, key=abs)]
    return max(plans, key=lambda plan: len(set(key_frame_opening(np.array(plan[1])))))


@cache
def due_classes(subset: Subset, action: str, rate: int) -> tuple[int, ...]:
    """Of the same plan those of the five key frames."""
    return tuple(key_frame_opening(np.array(planned_classes(subset, action, rate))).tolist())


def plan_times(scene: Scene, rate: int) -> list[float]:
    """The STEPS + 1 times in seconds of a clip whose key frames are drawn at `rate` frames per
    second, begun as such clips begin on average."""
    seconds = (WINDOW_FRAMES - 1) / rate
    start = typical_start(scene, rate)
    return [start + seconds * step / STEPS for step in range(STEPS + 1)]


def _classes_of(scene: Scene, rate: int) -> list[int]:
    return classes_at(scene, plan_times(scene, rate))


def storyboard_table(
    config: TransformerConfig, subset: Subset, paths: np.ndarray | None = None
) -> np.ndarray:
    """int32 [plans, paths, rates, STEPS + 1]: flat ids that open the frames of every plan, the
    last one of a clip whose action nobody states: BOI.

    Without `paths` the plans are the subset's actions, in its order, each with one path of which
    nothing is told. With paths [actions, ...(kinds), paths, rates, STEPS + 1] (`path_table`) there
    is a plan for every action and kind, in this order.
    """
    plans = [[planned_classes(subset, action, rate) for rate in RATES] for action in subset.actions]
    stages = np.array(plans)[:, None]
    if paths is None:
        known = opening_ids(config, stages, subset.name)
    else:
        kinds = paths.reshape(len(paths), -1, *paths.shape[-3:])
        stages, spots = np.broadcast_arrays(stages[:, None], kinds)
        known = opening_ids(config, stages, subset.name, spots).reshape(-1, *kinds.shape[2:])
    unknown = np.full_like(known[:1], config.boi_id)
    return np.concatenate([known, unknown]).astype(np.int32)


@torch.no_grad()
def plan_of(
    planner: Planner, config: TransformerConfig, subset: Subset, prompt: Sequence[int], rate: int,
    seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """int32 [STEPS + 1]: the storyboard of a prompt of the pieces `prompt` at a key frame rate, as
    the exported graph gives it and who draws with `seed` reads it."""
    pieces = list(prompt)[: config.text_slots] or [config.pad_id - config.codes]
    plan = int(planner.plan(config.codes + torch.tensor([pieces])))
    return chosen_path(storyboard_table(config, subset, planner.known_paths)[plan], rate, seed)


def chosen_path(plans: np.ndarray, rate: int, seed: int) -> np.ndarray:
    """[paths, rates, S] of one prompt -> [S]: clips of neighbouring seeds take other paths."""
    return plans[seed % len(plans), RATES.index(rate)]


def key_frame_opening(plan: np.ndarray) -> np.ndarray:
    """[..., S] ids at S equally spaced times -> [..., 5] of the key frames."""
    return plan[..., _points(plan.shape[-1], WINDOW_FRAMES)]


def window_opening(plan: np.ndarray, number: int) -> np.ndarray:
    """[..., S] -> [..., windows, 5] ids of the windows of interpolation round `number` (from 1)."""
    windows = 2**number
    frames = plan[..., _points(plan.shape[-1], (WINDOW_FRAMES - 1) * windows + 1)]
    step = WINDOW_FRAMES - 1
    return np.stack([frames[..., w * step : w * step + WINDOW_FRAMES] for w in range(windows)], -2)


def _points(steps: int, frames: int) -> np.ndarray:
    """Of `steps` points in time that of each of `frames` frames, both ends included."""
    return np.arange(frames) * (steps - 1) // (frames - 1)
