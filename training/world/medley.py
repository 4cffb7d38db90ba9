"""Clips that no action makes: medleys and front views.

Medleys are clips whose subject takes the pose of another action in some of the frames, or is where
its action does not take it, or hovers, or all of these.

In a rendered action every pose follows from the one before and from who does what, so a model need
not read the storyboard: of somebody whom it never saw jump it draws the landing with the legs that
the leap had. In a medley only the stage that a frame is told tells its pose. So with places: who
runs begins at an edge of the picture, so whoever runs up to a jump would begin there too. In a
medley that strays only the spot that a frame is told (training.world.spots) tells where it is.
And so with heights: of all bodies in the air a model would know those alone that it saw leap, and
draw whoever else leaps with their looks. In a medley that hovers somebody stands, walks or eats up
there.

Front views show a subject that stands facing the viewer, in every frame at another distance. Who is
never trained to come closer is seen from the front at one size else, if at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from training.world.atlas import SCENE_PIXELS
from training.world.catalog import actions_of, places_of
from training.world.motion import GRID, snap
from training.world.scene import CLIP_SECONDS, Scene, stages
from training.world.split import is_held_out
from training.world.visible_stages import stages_of, told_classes, visible_stage

CHANGED = 0.5
"""Share of a medley's frames that show another action."""
STRAYING = 0.6
"""Share of the medleys whose subject is where its own action does not take it: of these `LEAPING`
are somewhere else in every frame, the others move evenly from one column to another."""
LEAPING = 0.35
HOVERING = 0.6
"""Share of the medleys of who can jump that show the body in the air in about half the frames."""
_HIGHEST = 28  # scene pixels above the ground; leaps rise to 24
PASSING = 0.65
"""Share of stage 2's medleys in which an action passes into another; in the others single frames
show it."""
_FASTEST = 30  # scene pixels per second; who runs or leaps covers 24
_IN_THE_AIR = (0.8, 2.5)  # seconds; a leap takes one
_MARGIN = 8  # scene pixels from the edges that the centre of who strays keeps
# Seen from the front: not poses that a body seen from the side could take in between.
_FRONT = frozenset({"walk_toward", "cheer"})


@dataclass(frozen=True)
class Moment:
    """What a frame shows of its subject: the pose of a scene at a time in seconds."""

    scene: Scene
    time: float
    x: int | None = None  # column of the body's centre in scene pixels, where the scene's is not
    height: int | None = None  # of its feet above the ground in scene pixels, of who hovers


def can_be_medley(scene: Scene) -> bool:
    """Whether the subject is seen from the side in this clip of the `cpu` subset."""
    return scene.action not in _FRONT


def draw_moments(scene: Scene, times: Sequence[float], rng: np.random.Generator) -> list[Moment]:
    """One moment for each of the clip's times: about `CHANGED` of them, and one at least, of
    another scene, whose subject, place and direction are the same and whose pair of subject and
    action is trained. All poses of the subject come about equally often; who has only one always
    strays."""
    changed = rng.random(len(times)) < CHANGED
    changed[rng.integers(len(times))] = True
    poses = _poses(scene.subject, scene.place)
    changed &= len(poses) > 1
    moments = [
        _moment(scene, poses[rng.integers(len(poses))], rng) if other else Moment(scene, time)
        for time, other in zip(times, changed, strict=True)
    ]
    if not changed.any() or rng.random() < STRAYING:
        path = _stray_path(len(times), rng)
        moments = [replace(moment, x=x) for moment, x in zip(moments, path, strict=True)]
    if "jump" in actions_of(scene.subject) and rng.random() < HOVERING:
        heights = _heights(len(times), rng)
        moments = [replace(moment, height=h) for moment, h in zip(moments, heights, strict=True)]
    return moments


def draw_course(scene: Scene, times: Sequence[float], rng: np.random.Generator) -> list[Moment]:
    """As `draw_moments`, of frames that follow one another closely, so that those given before and
    after tell much of those between: mostly one action passes into another for good, strays go
    evenly, and who hovers rises and falls as in a leap, where no leap of its own is shown."""
    moments = [Moment(scene, time) for time in times]
    poses = _poses(scene.subject, scene.place)
    changed = np.zeros(len(times), bool)
    if len(poses) > 1:
        moment = _moment(scene, poses[rng.integers(len(poses))], rng)
        changed = _turns(len(times), rng)
        begins = moment.time - times[int(np.argmax(changed))]
        moments = [
            replace(moment, time=float(np.clip(begins + own.time, 0, CLIP_SECONDS)))
            if other else own
            for own, other in zip(moments, changed, strict=True)
        ]  # fmt: skip
    if not changed.any() or rng.random() < STRAYING:
        path = _even_path(times, rng)
        moments = [replace(moment, x=x) for moment, x in zip(moments, path, strict=True)]
    if "jump" in actions_of(scene.subject) and rng.random() < HOVERING:
        moments = [
            moment if moment.scene.action == "jump" else replace(moment, height=height)
            for moment, height in zip(moments, _arc(times, rng), strict=True)
        ]
    return moments


def _turns(frames: int, rng: np.random.Generator) -> np.ndarray:
    """bool [frames]: which ones show another action; one at least."""
    if rng.random() < PASSING:
        changed = np.arange(frames) >= rng.integers(frames)
        return changed if rng.random() < 0.5 or changed.all() else ~changed
    changed = rng.random(frames) < CHANGED
    changed[rng.integers(frames)] = True
    return changed


def _even_path(times: Sequence[float], rng: np.random.Generator) -> list[int]:
    """Columns of a body's centre in scene pixels, multiples of the grid: at one pace, to either
    side, never out of the picture."""
    low, high = _MARGIN, SCENE_PIXELS - _MARGIN
    pace = rng.uniform(0, _FASTEST)
    start, end = rng.uniform(low, high), rng.choice((low, high))
    after = np.asarray(times) - times[0]
    return [snap(float(x)) for x in start + np.sign(end - start) * np.minimum(
        pace * after, abs(end - start))]  # fmt: skip


def _arc(times: Sequence[float], rng: np.random.Generator) -> list[int]:
    """Heights above the ground in scene pixels of who leaps at some moment of the times or about
    it."""
    top, seconds = rng.uniform(GRID, _HIGHEST), rng.uniform(*_IN_THE_AIR)
    middle = rng.uniform(times[0], times[-1])
    done = (np.asarray(times) - middle) / seconds + 0.5
    return [round(float(height)) for height in np.maximum(4 * top * done * (1 - done), 0)]


def _heights(frames: int, rng: np.random.Generator) -> list[int | None]:
    """Multiples of the grid; of about half of the frames, one at least."""
    up = rng.random(frames) < 0.5
    up[rng.integers(frames)] = True
    heights = GRID * rng.integers(1, _HIGHEST // GRID + 1, frames)
    return [int(height) if in_air else None for height, in_air in zip(heights, up, strict=True)]


def _stray_path(frames: int, rng: np.random.Generator) -> list[int]:
    """Columns of a body's centre in scene pixels, multiples of the grid."""
    low, high = _MARGIN, SCENE_PIXELS - _MARGIN
    if rng.random() < LEAPING:
        path = rng.uniform(low, high, frames)
    else:
        path = np.linspace(*rng.uniform(low, high, 2), frames)
    return [snap(float(x)) for x in path]


def can_face(scene: Scene) -> bool:
    """Whether the subject can be shown in front views, where it is trained to stand."""
    if "stand" not in actions_of(scene.subject):
        return False
    return not is_held_out(scene.subject, "stand", scene.place)


def facing(scene: Scene) -> Scene:
    """The scene with the subject standing still, facing the viewer; the seed decides how near."""
    return replace(scene, action="stand", direction="toward")


def draw_front_views(
    scene: Scene, times: Sequence[float], rng: np.random.Generator
) -> list[Moment]:
    """One moment for each of the clip's times, of `facing` at distances drawn anew."""
    seeds = rng.integers(2**16, size=len(times))
    return [
        Moment(replace(scene, seed=int(seed)), time)
        for seed, time in zip(seeds, times, strict=True)
    ]


def _moment(scene: Scene, pose: tuple[tuple[str, int], ...], rng: np.random.Generator) -> Moment:
    action, stage = pose[rng.integers(len(pose))]
    other = replace(scene, action=action)
    _, start, end = stages(other)[stage]
    return Moment(other, float(rng.uniform(start, end)))


@cache
def _poses(subject: str, place: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    """For every pose that storyboards tell apart the stages that show it, each an action and an
    index in `stages`; only of actions that the subject is trained to do in that place."""
    names, told = stages_of("cpu"), told_classes("cpu")
    found: dict[int, list[tuple[str, int]]] = {}
    for action in actions_of(subject):
        trained = place in places_of(subject, action) and not is_held_out(subject, action, place)
        if action in _FRONT or not trained:
            continue
        example = Scene(subject, action, place, 0, "right", 1.0, 0)
        for index, (name, _, _) in enumerate(stages(example)):
            pose = told[names.index(visible_stage(name))]
            found.setdefault(pose, []).append((action, index))
    return tuple(tuple(found[pose]) for pose in sorted(found))
