"""Where bodies go in clips of an action: the paths that the planner hands out beside its stages.

A path is a real scene's, so that it goes with the stages: who jumps runs up in the middle of the
picture and does not begin at its edge. There are `PATHS` of them for every action, direction and
kind of place, since scenes of the same prompt differ in where they begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

import numpy as np

from training.storyboard.axes import (
    DIRECTIONS,
    GROUNDS,
    PATHS,
    RATES,
    Direction,
    path_shape,
)
from training.storyboard.plan import plan_times, planned_shift
from training.world.atlas import World
from training.world.composite import poses_of
from training.world.scene import Scene, border_shift, sample_scene
from training.world.spots import COLUMNS, FACINGS, ROWS, spot_of
from training.world.subsets import Subset

_SCENES = 6000  # drawn to take paths from
_SEED = 7


def path_table(subset: Subset, world: World) -> np.ndarray:
    """int32 of `path_shape`: spots (training.world.spots) at the times of `plan_times`. ValueError
    for an action of which no scene is drawn.

    An action that is not done on a kind of ground, or in a direction, has the paths of the other;
    where scenes make fewer paths than `PATHS`, they come again.
    """
    found = _paths_by_action(subset, world)
    kinds = [(direction, ground) for direction in DIRECTIONS for ground in GROUNDS]
    table = [[_chosen(found[action], *kind) for kind in kinds] for action in subset.actions]
    return np.array(table, np.int32).reshape(path_shape(subset))


@dataclass(frozen=True)
class _Path:
    ground: str
    facing: int  # of the first frame, as in a spot
    spots: tuple[tuple[int, ...], ...]  # [RATES, STEPS + 1]

    @property
    def beside(self) -> tuple[tuple[int, ...], ...]:
        """The spots without their rows."""
        return tuple(tuple(spot // ROWS for spot in line) for line in self.spots)


def _paths_by_action(subset: Subset, world: World) -> dict[str, list[_Path]]:
    """The different paths of every action, in no order. Of those that differ in rows alone, as
    bodies bob and leap differently, the first is taken."""
    rng = np.random.default_rng(_SEED)
    found: dict[str, dict[tuple, _Path]] = {action: {} for action in subset.actions}
    for _ in range(_SCENES):
        scene = sample_scene(rng, world=subset.name)
        path = _path_of(subset, scene, world)
        found[scene.action].setdefault((path.ground, path.beside), path)
    if missing := [action for action, paths in found.items() if not paths]:
        raise ValueError(f"no scene shows {', '.join(missing)}: there is no path to plan")
    return {action: list(paths.values()) for action, paths in found.items()}


def _path_of(subset: Subset, scene: Scene, world: World) -> _Path:
    """The scene's, with its stages timed as the plan of its action has them at every rate."""
    clips = world.clips[scene.subject]
    spots = tuple(
        tuple(spot_of(pose, clips) for pose in poses_of(timed, plan_times(timed, rate), world))
        for rate in RATES
        for timed in [_as_planned(subset, scene, rate)]
    )
    wet = world.plate(scene.place, scene.layout).edge is not None
    return _Path("waterside" if wet else "land", spots[0][0] // (COLUMNS * ROWS), spots)


def _as_planned(subset: Subset, scene: Scene, rate: int) -> Scene:
    """The scene with another digit of the seed; its others say where the body is."""
    wanted = planned_shift(subset, scene.action, rate)
    timed = (replace(scene, seed=scene.seed // 24 * 24 + 8 * n + scene.seed % 8) for n in range(3))
    return next(moved for moved in timed if border_shift(moved) == wanted)


def _chosen(paths: Sequence[_Path], direction: Direction, ground: str) -> list:
    """PATHS times the spots of those of direction and ground, or, if there are none, of that
    ground, of that direction, or of all."""
    here = [path for path in paths if path.ground == ground]
    towards = [p for p in paths if direction == "unstated" or FACINGS[p.facing] == direction]
    both = [path for path in here if path in towards]
    fitting = next(choice for choice in (both, here, towards, list(paths)) if choice)
    return [path.spots for path in islice(cycle(fitting), PATHS)]
