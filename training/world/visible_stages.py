"""The stages of an action as they can be seen: names, order, and which one a moment shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np

from training.world.scene import Scene, sample_scene, stage_at, stages
from training.world.subsets import Subset, subset_named


def visible_stage(name: str) -> str:
    """The stage as a single moment shows it: a repeated stage looks like the first one."""
    return name.removesuffix("_again")


def stage_lines(world: Subset) -> dict[str, tuple[str, ...]]:
    """Action -> its stages in order, as they can be seen; neighbours that look alike are one."""
    example = sample_scene(np.random.default_rng(0), world=world.name)
    result = {}
    for action in world.actions:
        names = [visible_stage(name) for name, _, _ in stages(replace(example, action=action))]
        result[action] = tuple(n for i, n in enumerate(names) if i == 0 or n != names[i - 1])
    return result


def stage_names(lines: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All stages of some actions, in the order of class labels."""
    return tuple(sorted({name for names in lines.values() for name in names}))


@cache
def stages_of(subset: str) -> tuple[str, ...]:
    """All stages of a subset's actions, in the order of class labels."""
    return stage_names(stage_lines(subset_named(subset)))


# Stages that are one pose: who runs up runs, who comes to the water and who lands walks.
_TOLD_AS = {"cpu": {"drink": "eat", "run_up": "run", "land": "walk", "approach": "walk"}}


@cache
def told_classes(subset: str) -> tuple[int, ...]:
    """For every stage in `stages_of` the subset the one that storyboards tell it as: of stages that
    are the same pose always the same one. Whoever was seen eating then knows how to drink; told
    apart, drinking would be another pose to learn by heart with everybody who drinks."""
    names, told_as = stages_of(subset), _TOLD_AS.get(subset, {})
    return tuple(names.index(told_as.get(name, name)) for name in names)


def stages_at(scene: Scene, times: Iterable[float]) -> list[str]:
    """The visible stages at some times in seconds."""
    return [visible_stage(stage_at(scene, time)[0]) for time in times]
