"""Things that move: balls that roll, bounce, are kicked or thrown, things that are picked up."""

import math
from dataclasses import replace

from training.world.full.actor import Actor, Stage, clips_of
from training.world.motion import Pose, snap
from training.world.scene import stage_at, stages
from training.world.scene_graph import CLIP_SECONDS
from training.world.sprites import SCENE_PIXELS

_ROLL_PACE, _BOUNCE_SECONDS, _BOUNCE_LIFT = 16, 0.9, 30
_PROP_SCALE = 0.5
# Where a person's things are, relative to the feet: columns ahead and rows up.
_HAND, _WINDUP, _RELEASE, _FEET = (11, 22), (-9, 42), (12, 40), (17, 0)
_THROW_WAY, _KICK_WAY = 40, 38
_LAST = 0.999


def _radius(stage: Stage, name: str, scale: float) -> float:
    """Half the height of a round thing, scene pixels."""
    sprite = clips_of(stage.world, name)["still"].pose(0.0, "right", scale)
    return max(2.0, sprite.rgba.shape[0] * SCENE_PIXELS / stage.world.pixels / 2)


def roll(stage: Stage, time: float) -> list[Actor]:
    """A ball rolls across the picture; it turns as far as it goes."""
    pace = snap(_ROLL_PACE * stage.scene.speed)
    x = stage.crossing_x(pace * time, pace * CLIP_SECONDS)
    turn = math.degrees(pace * time / _radius(stage, stage.scene.subject, stage.size))
    return [stage.subject(stage.standing("still", 0.0, x), tilt=-stage.side * turn)]


def bounce(stage: Stage, time: float) -> list[Actor]:
    """A ball jumps up and down on the spot."""
    share = (time * stage.scene.speed / _BOUNCE_SECONDS + stage.scene.seed % 4 / 4) % 1
    pose = replace(stage.standing("still", 0.0), lift=round(_BOUNCE_LIFT * 4 * share * (1 - share)))
    return [stage.subject(pose)]


def _prop(stage: Stage, ahead: float, up: float, turn: float = 0.0) -> Actor:
    """The scene's thing, `ahead` of the person's feet and `up` from the ground."""
    column = round(_person_x(stage) + stage.side * ahead)
    pose = Pose("still", 0.0, "right", False, column, stage.plate.pass_row + 1, round(up))
    return Actor(str(stage.scene.prop), replace(pose, scale=_PROP_SCALE), tilt=-stage.side * turn)


def _person_x(stage: Stage) -> int:
    """Away from the side where the thing goes."""
    return SCENE_PIXELS // 2 - stage.side * (8 if stage.scene.action == "pick_up" else 20)


def _person(stage: Stage, clip: str, phase: float, time: float) -> Actor:
    x = _person_x(stage)
    if clip == "idle":
        return stage.subject(stage.idle(time, x))
    return stage.subject(stage.standing(clip, phase, x))


def kick(stage: Stage, time: float) -> list[Actor]:
    """The ball lies at the feet, is kicked and rolls until it stops."""
    name, done = stage_at(stage.scene, time)
    hit = _hit_time(stage, "kick", 0.5)
    # Slowing down evenly until the end of the rolling.
    end = stages(stage.scene)[2][2]
    share = min(1.0, max(0.0, (time - hit) / (end - hit)))
    moved = _KICK_WAY * share * (2 - share)
    turn = math.degrees(moved / _radius(stage, str(stage.scene.prop), _PROP_SCALE))
    lift = 9 * max(0.0, math.sin(math.pi * min(1.0, share * 2.2)))
    clip, phase = ("kick", min(done, _LAST)) if name == "kick" else ("idle", 0.0)
    ball = _prop(stage, _FEET[0] + moved, _FEET[1] + lift, turn)
    return [_person(stage, clip, phase, time), ball]


def _hit_time(stage: Stage, name: str, share: float) -> float:
    start, end = next((a, b) for part, a, b in stages(stage.scene) if part == name)
    return start + share * (end - start)


def throw(stage: Stage, time: float) -> list[Actor]:
    """The ball in the hand, the arm goes back, the ball flies in an arc and lies still."""
    name, done = stage_at(stage.scene, time)
    if name == "hold":
        return [_person(stage, "idle", 0.0, time), _prop(stage, *_HAND)]
    if name == "windup":
        way = [a + (b - a) * min(1.0, 1.5 * done) for a, b in zip(_HAND, _WINDUP, strict=True)]
        return [_prop(stage, *way), _person(stage, "throw", 0.5 * done, time)]
    share = done if name == "flight" else 1.0
    ahead = _RELEASE[0] + _THROW_WAY * share
    up = _RELEASE[1] * (1 - share) + 14 * 4 * share * (1 - share)
    clip, phase = ("throw", min(0.5 + share, _LAST)) if name == "flight" else ("idle", 0.0)
    if name == "flight" and done > 0.5:
        clip, phase = "idle", 0.0
    return [_person(stage, clip, phase, time), _prop(stage, ahead, up, 200 * share)]


def pick_up(stage: Stage, time: float) -> list[Actor]:
    """The thing lies on the ground until the hand is there, then goes up with it."""
    name, done = stage_at(stage.scene, time)
    line = {part: (start, end) for part, start, end in stages(stage.scene)}
    start, end = line["bend"][0], line["rise"][1]
    if name == "stand":
        return [_person(stage, "idle", 0.0, time), _prop(stage, _FEET[0] - 3, 0)]
    phase = min((time - start) / (end - start), _LAST)
    lifted = {"bend": 0.0, "rise": done, "hold": 1.0}[name]
    ahead = _FEET[0] - 3 + (_HAND[0] - _FEET[0] + 3) * lifted
    clip = "idle" if name == "hold" else "pickup"
    return [_person(stage, clip, phase, time), _prop(stage, ahead, _HAND[1] * lifted)]
