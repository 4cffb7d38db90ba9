"""Actions of one subject: gestures, growing, appearing, hopping, hiding."""

import math
from collections.abc import Callable
from dataclasses import replace

from training.world.full.actions import CROSSING
from training.world.full.actor import Actor, Stage
from training.world.motion import GRID, Pose, pose_at, snap
from training.world.scene import stage_at, stages
from training.world.scene_graph import CLIP_SECONDS
from training.world.sprites import SCENE_PIXELS

Act = Callable[[Stage, float], list[Actor]]
"""An action: stage and time in seconds -> everybody in the picture."""

# Sizes of a subject that grows; few, because sprites of every size are kept.
_SIZES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Seconds of one hop, the share of it in the air, its pixels and its height.
_HOP_SECONDS, _HOP_AIR, _HOP_STRIDE, _HOP_LIFT = 0.55, 0.7, 2 * GRID, 7
# Columns walked to the hiding place, and from its outer edge to where the body is covered.
_HIDING_WAY, _HIDING_DEPTH, _HIDING_SCALE = 52, 8, 0.6
_LAST = 0.999


def like_today(stage: Stage, time: float) -> list[Actor]:
    """Actions that the `cpu` subset has too move the same way."""
    pose = pose_at(stage.scene, time, stage.clips, stage.plate)
    if stage.scene.camera != "still" and stage.scene.action not in CROSSING:
        pose = replace(pose, x=stage.rest_x)
    return [stage.subject(pose)]


def stand(stage: Stage, time: float) -> list[Actor]:
    """Stands still."""
    return [stage.subject(stage.idle(time))]


def jump(stage: Stage, time: float) -> list[Actor]:
    """A running leap, or one from the spot for who cannot run."""
    if "run" in stage.clips:
        return like_today(stage, time)
    name, done = stage_at(stage.scene, time)
    if name != "leap":
        return [stage.subject(stage.idle(time))]
    clip = stage.clips["jump"]
    own = clip.lifts[min(int(done * len(clip.lifts)), len(clip.lifts) - 1)]
    lift = round(max(0.0, 14 * 4 * done * (1 - done) - own))
    return [stage.subject(replace(stage.standing("jump", min(done, _LAST)), lift=lift))]


def one_shot(clip: str, moving: str, yaw: str = "right") -> Act:
    """An action that plays `clip` during the stage `moving`, idle before, held or idle after."""

    def act(stage: Stage, time: float) -> list[Actor]:
        name, done = stage_at(stage.scene, time)
        names = [part for part, _, _ in stages(stage.scene)]
        if names.index(name) < names.index(moving) or name == "stand_again":
            return [stage.subject(stage.idle(time, yaw=yaw))]
        phase = min(done, _LAST) if name == moving else _LAST
        return [stage.subject(stage.standing(clip, phase, yaw=yaw))]

    return act


def loop(clip: str) -> Act:
    """An action that plays a loop to the camera all the time."""

    def act(stage: Stage, time: float) -> list[Actor]:
        phase = time * stage.scene.speed / stage.clips[clip].seconds
        # A sixth of a beat, so that key frames a second apart show different moments.
        phase += stage.scene.seed % 6 / 6
        return [stage.subject(stage.standing(clip, phase, yaw="front"))]

    return act


def drink_mug(stage: Stage, time: float) -> list[Actor]:
    """The mug is in the hand all the time, so the clip's first phase stands for holding it."""
    start = stages(stage.scene)[0][2]
    done = max(0.0, time - start) / (CLIP_SECONDS - start)
    return [stage.subject(stage.standing("drink_mug", min(done, _LAST)))]


def _size(share: float) -> float:
    return _SIZES[round(min(1.0, max(0.0, share)) * (len(_SIZES) - 1))]


def grow(stage: Stage, time: float) -> list[Actor]:
    """Bigger from 0.4 to the full size, evenly; `shrink` runs backwards."""
    done = time / CLIP_SECONDS
    share = done if stage.scene.action == "grow" else 1 - done
    # Small steps of a clip that breathes would shimmer: the pose is held.
    pose = replace(stage.idle(0.0), scale=_size(share))
    return [stage.subject(pose)]


def appear(stage: Stage, time: float) -> list[Actor]:
    """Nothing, then the subject gets opaque and large."""
    name, done = stage_at(stage.scene, time)
    if name == "empty":
        return []
    share = done if name == "appear" else 1.0
    pose = replace(stage.idle(0.0), scale=_size(share))
    return [stage.subject(pose, opacity=min(1.0, 0.4 + share))]


def disappear(stage: Stage, time: float) -> list[Actor]:
    """The subject fades away."""
    name, done = stage_at(stage.scene, time)
    if name == "empty":
        return []
    return [stage.subject(stage.idle(0.0), opacity=1 - done if name == "fade" else 1.0)]


def hop_offset(time: float, speed: float) -> tuple[float, float, float]:
    """Pixels moved, height and share of the present hop of somebody who hops all the time.

    The feet move only while they are in the air.
    """
    hops = time * speed / _HOP_SECONDS
    done = min(1.0, (hops % 1) / _HOP_AIR)
    return _HOP_STRIDE * (math.floor(hops) + done), _HOP_LIFT * 4 * done * (1 - done), done


def hop(stage: Stage, time: float) -> list[Actor]:
    """Hops across the picture."""
    speed = stage.scene.speed
    moved, height, done = hop_offset(time, speed)
    x = stage.crossing_x(moved, hop_offset(CLIP_SECONDS, speed)[0])
    if "hop" in stage.clips:
        # The clip rises by itself.
        return [stage.subject(stage.standing("hop", min(done, _LAST), x))]
    pose = replace(stage.idle(0.0, x), lift=round(height))
    return [stage.subject(pose)]


def hide(stage: Stage, time: float) -> list[Actor]:
    """Walks behind the plate's foreground, on whichever side that is, and stays there."""
    end = stages(stage.scene)[0][2]
    outer = stage.plate.hide_x if stage.plate.hide_x is not None else SCENE_PIXELS // 2
    side = -1 if outer < SCENE_PIXELS // 2 else 1
    goal = snap(outer - side * _HIDING_DEPTH)
    left = _HIDING_WAY * max(0.0, 1 - time / end)
    x = goal - side * snap(left)
    row = min(stage.plate.pass_row, stage.plate.front_row - 2)
    arrived = time >= end
    if "walk" in stage.clips:
        clip, phase, lift = ("idle", time / 2, 0) if arrived else ("walk", time * 0.75, 0)
    else:
        hops = _HIDING_WAY / _HOP_STRIDE
        moved, height, _ = hop_offset(min(time, end), _HOP_SECONDS * hops / end)
        x = goal - side * snap(max(0.0, _HIDING_WAY - moved))
        clip, phase, lift = "still", 0.0, 0 if arrived else round(height)
    pose = Pose(clip, phase, "right", side < 0, x, row, lift, _HIDING_SCALE)
    return [stage.subject(pose)]
