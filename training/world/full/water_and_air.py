"""Flying, taking off, sailing and leaping out of the water."""

import math
from dataclasses import replace

from training.world.atlas import Clip
from training.world.drawing import middle
from training.world.full.actor import Actor, Stage, resting_clip
from training.world.full.catalog import SUBJECTS
from training.world.motion import Pose, pose_at, snap
from training.world.scene import stage_at, stages
from training.world.scene_graph import CLIP_SECONDS
from training.world.sprites import SCENE_PIXELS

_FLY_PACE, _SAIL_PACE, _LEAP_PACE = 16, 12, 12
# Rows of a flyer's middle, and the highest row that a climbing sprite's top may reach.
_FLY_ROWS, _CEILING = (30, 36, 42), 3
# Lower where the camera moves: it does not show the top of the picture.
_CAMERA_ROWS = 16
_CLIMB = 56
# How far above the surface the belly of a leaping swimmer comes, and its slope.
_HEIGHT, _SLOPE = 14, 38
_DEFAULT_WATER_ROW = 60
_DRAUGHT = 4


def water_row(stage: Stage) -> int:
    """Row of the water's surface where the subject is."""
    row = stage.plate.water_row
    return _DEFAULT_WATER_ROW if row is None else row


def fly(stage: Stage, time: float) -> list[Actor]:
    """Crosses the air, bobbing a little."""
    scene = stage.scene
    pace = snap(_FLY_PACE * scene.speed)
    x = stage.crossing_x(pace * time, pace * CLIP_SECONDS)
    bob = 2 * round(1.4 * math.sin(2 * math.pi * (0.35 * time + scene.seed // 32 % 4 / 4)))
    clip = stage.clips["fly" if "fly" in stage.clips else "still"]
    # Never so high that raised wings leave the picture.
    row = max(_FLY_ROWS[scene.seed // 4 % 3], _height(stage, clip, middle(clip)) + _CEILING)
    row += 0 if scene.camera == "still" else _CAMERA_ROWS
    pose = Pose("fly", _flaps(stage, time), "right", stage.side < 0, x, row, bob)
    return [stage.subject(pose, floats=True)]


def _flaps(stage: Stage, time: float) -> float:
    """Phase of the flying clip; flapping is slowed down to what few frames can show."""
    clip = stage.clips.get("fly")
    return 0.0 if clip is None else time * 0.7 * stage.scene.speed / clip.seconds


def _height(stage: Stage, clip: Clip, base: int) -> int:
    """Scene rows from the pixel row `base` (relative to the anchor) up to the highest phase."""
    top = min(sprite.top for sprite in clip.poses[(clip.yaws[0], 1.0)])
    return math.ceil((base - top) * SCENE_PIXELS / stage.world.pixels)


def take_off(stage: Stage, time: float) -> list[Actor]:
    """Stands, lifts, then climbs forward as high as the picture allows."""
    name, done = stage_at(stage.scene, time)
    share = {"ground": 0.0, "lift": 0.3 * done * done, "climb": 0.3 + 0.7 * done}[name]
    clip = "fly" if "fly" in stage.clips else "still"
    height = _height(stage, stage.clips[clip], 0)
    climb = max(0, min(_CLIMB, stage.plate.pass_row - height - _CEILING))
    forward = snap(16 * max(0.0, share - 0.1))
    x = snap(stage.rest_x - stage.side * 12) + stage.side * forward
    phase = 0.0 if name == "ground" else _flaps(stage, time)
    pose = replace(stage.standing(clip, phase, x), lift=round(climb * share))
    return [stage.subject(pose)]


def swim(stage: Stage, time: float) -> list[Actor]:
    """Under water like the `cpu` subset's fish; birds swim on the surface like boats."""
    if SUBJECTS[stage.scene.subject].kind == "waterbird":
        return sail(stage, time)
    pose = pose_at(stage.scene, time, stage.clips, stage.plate)
    return [stage.subject(pose, floats=True)]


def sail(stage: Stage, time: float) -> list[Actor]:
    """Crosses the water; what is below the water line shimmers through."""
    pace = snap(_SAIL_PACE * stage.scene.speed)
    x = stage.crossing_x(pace * time, pace * CLIP_SECONDS)
    row = water_row(stage) + (2, 6, 10)[stage.scene.seed // 4 % 3]
    phase = time / 3
    # Flat boats have no hull below the water line: they are sunk a little.
    depth = 0 if "sail" in stage.clips else _DRAUGHT
    pose = Pose("sail", phase, "right", stage.side < 0, x, row + depth, 0)
    return [stage.subject(pose, water_row=row)]


def leap_water(stage: Stage, time: float) -> list[Actor]:
    """Swims under the surface, leaps out of the water in an arc and dives back."""
    line = stages(stage.scene)
    start, end = line[1][1:]
    done = min(1.0, max(0.0, (time - start) / (end - start)))
    surface = water_row(stage) + 8
    sprite = stage.clips[resting_clip(stage.clips)].pose(0.0, "right")
    # The back is just below the surface before and after.
    half = sprite.rgba.shape[0] * SCENE_PIXELS / stage.world.pixels / 2
    arc = 4 * done * (1 - done)
    above = (half + _HEIGHT) * arc - half * (1 - arc)
    x = stage.crossing_x(_LEAP_PACE * time, _LEAP_PACE * CLIP_SECONDS)
    in_air = 0 < done < 1
    tilt = _SLOPE * (1 - 2 * done) * stage.side if in_air else 0.0
    row = surface - round(above)
    pose = Pose("swim", time * 0.8, "right", stage.side < 0, x, row, 0)
    return [stage.subject(pose, floats=True, water_row=surface, tilt=tilt)]
