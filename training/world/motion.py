"""From scene and time to one pose: which clip at which phase, where, how large.

All lengths are scene pixels (96 to the picture's width). Columns are multiples of 4, so that a
subject meets the token grid in few ways.
"""

import math
from dataclasses import dataclass

from training.world.atlas import SCENE_PIXELS, TOWARD_SCALES, Clip, Plate
from training.world.scene import CLIP_SECONDS, Scene, stage_at, stages

GRID = 4
# Pixels per second at speed 1.0, rounded to the grid after the scene's speed is applied.
_PACE = {"walk": 18, "run": 24, "swim": 18, "drive": 22}
# The whole width in one clip: the centre of the body stays in the picture.
_FASTEST = 24
# Leg cycles per second at speed 1.0. A walk covers about 44 pixels per cycle without sliding;
# none of the products with a speed is a whole number, which would show the same leg pose in every
# key frame.
_CADENCE = {"walk": 0.53, "run": 1.3, "swim": 0.8, "drive": 1.0}
# Height of a leap whose clip does not rise by itself.
_JUMP_LIFT = 14
# Phases of the eating clips: the head goes down, stays down, comes up. Some clips nod in between,
# which these ranges leave out.
_EAT_LOWER, _EAT_HOLD, _EAT_RAISE = (0.0, 0.19), (0.19, 0.37), (0.69, 0.999)


@dataclass(frozen=True)
class Pose:
    """What to draw at one moment."""

    clip: str
    phase: float
    yaw: str
    mirrored: bool
    x: int
    # Row of the ground contact, and pixels that the subject hovers above it.
    foot_row: int
    lift: int
    scale: float = 1.0


def snap(value: float) -> int:
    """The nearest multiple of the grid."""
    return GRID * math.floor(value / GRID + 0.5)


def pace(scene: Scene, gait: str) -> int:
    """Pixels per second of a gait in this scene, a multiple of the grid."""
    return min(_FASTEST, snap(_PACE[gait] * scene.speed))


def pose_at(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    """The pose of the scene's subject at a time in seconds."""
    if scene.action in _CROSSINGS:
        return _crossing(scene, time, plate)
    return _ACTORS[scene.action](scene, time, clips, plate)


def _faces_left(scene: Scene) -> bool:
    return scene.direction == "left"


def _cycles(scene: Scene, gait: str, time: float) -> float:
    """Leg cycles since the start of the clip; where the first one begins depends on the seed."""
    return time * _CADENCE[gait] * scene.speed + (scene.seed // 32 % 4) / 4


def _resting_x(scene: Scene) -> int:
    return 40 + GRID * (scene.seed % 5)


# Gait of each action that crosses the picture, and until when the subject moves at full pace.
_CROSSINGS = {
    "walk": ("walk", CLIP_SECONDS),
    "run": ("run", CLIP_SECONDS),
    "walk_stop": ("walk", None),
    "swim": ("swim", CLIP_SECONDS),
    "drive": ("drive", CLIP_SECONDS),
    "park": ("drive", None),
}


def _moving_seconds(scene: Scene, time: float) -> float:
    """Seconds of full pace that the distance covered until `time` equals."""
    if scene.action == "walk_stop":
        return min(time, stages(scene)[0][2])
    if scene.action == "park":
        # Braking evenly from full pace to standstill.
        start, end = stages(scene)[1][1:]
        braking = min(max(time - start, 0.0), end - start)
        return min(time, start) + braking - braking**2 / (2 * (end - start))
    return time


def _crossing(scene: Scene, time: float, plate: Plate) -> Pose:
    gait = _CROSSINGS[scene.action][0]
    speed = pace(scene, gait)
    length = speed * _moving_seconds(scene, CLIP_SECONDS)
    starts = min(4, int((SCENE_PIXELS - length) / (2 * GRID)) + 1)
    moved = scene.seed % starts * 2 * GRID + speed * _moving_seconds(scene, time)
    x = SCENE_PIXELS - snap(moved) if _faces_left(scene) else snap(moved)
    still = time > _moving_seconds(scene, time) and scene.action == "walk_stop"
    clip, phase = ("idle", time / 2) if still else (gait, _cycles(scene, gait, time))
    if gait == "swim":
        return Pose("swim", phase, "right", _faces_left(scene), x, *_swim_rows(scene, time))
    return Pose(clip, phase, "right", _faces_left(scene), x, plate.pass_row, 0)


def _swim_rows(scene: Scene, time: float) -> tuple[int, int]:
    """Row that the fish's middle keeps to, and its bobbing in steps of two pixels."""
    bob = 2 * round(math.sin(2 * math.pi * (0.4 * time + scene.seed // 32 % 4 / 4)))
    return (40, 48, 56)[scene.seed // 4 % 3], bob


def _stand(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    phase = time / clips["idle"].seconds
    if scene.direction == "toward":  # Only front views do (training.world.medley).
        nearness = scene.seed % len(TOWARD_SCALES) / (len(TOWARD_SCALES) - 1)
        return _facing(scene, plate, "idle", phase, nearness)
    return _at_rest(scene, plate, "idle", phase)


def _at_rest(scene: Scene, plate: Plate, clip: str, phase: float) -> Pose:
    x = _resting_x(scene)
    return Pose(clip, phase, "right", _faces_left(scene), x, plate.pass_row, 0)


def _toward(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    return _facing(scene, plate, "walk", _cycles(scene, "walk", time), time / CLIP_SECONDS)


def _facing(scene: Scene, plate: Plate, clip: str, phase: float, nearness: float) -> Pose:
    """Seen from the front; nearness 0 is far away, 1 close."""
    step = math.floor(nearness * (len(TOWARD_SCALES) - 1) + 0.5)
    x = 48 + 8 * (scene.seed % 3 - 1)
    if plate.edge is not None:  # Beside the water, not through it.
        x = 68 if plate.facing == "left" else 28
    foot_row = 64 + snap(24 * nearness)
    return Pose(clip, phase, "front", False, x, foot_row, 0, TOWARD_SCALES[step])


def _eat_phase(name: str, done: float, time: float) -> float:
    """Phase of the eating clip: head going down, moving a little while down, coming up."""
    low, high = {"lower": _EAT_LOWER, "raise": _EAT_RAISE}.get(name, _EAT_HOLD)
    if name not in ("lower", "raise"):
        done = abs((time * 1.1) % 2 - 1)
    return low + (high - low) * min(1.0, done * 1.15)


def _eat(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    name, done = stage_at(scene, time)
    if name == "stand":
        return _stand(scene, time, clips, plate)
    return _at_rest(scene, plate, "eat", _eat_phase(name, done, time))


def _mouth_reach(clip: Clip) -> int:
    """Scene pixels from the body's centre to the mouth while the head is down."""
    sprite = clip.pose(sum(_EAT_HOLD) / 2, "right")
    return round((sprite.left + sprite.rgba.shape[1]) * SCENE_PIXELS / clip.pixels)


def _drink(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    left = plate.facing == "left"
    side = -1 if left else 1
    edge = plate.edge if plate.edge is not None else SCENE_PIXELS // 2
    # The mouth hangs over the water, the front feet stay dry.
    goal = snap(edge - side * (_mouth_reach(clips["eat"]) - 4))
    name, done = stage_at(scene, time)
    if name == "approach":
        seconds = stages(scene)[0][2]
        x = snap(goal - side * 20 * (seconds - time))
        return Pose("walk", _cycles(scene, "walk", time), "right", left, x, plate.foot_row, 0)
    return Pose("eat", _eat_phase(name, done, time), "right", left, goal, plate.foot_row, 0)


def _jump(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    borders = [end for _, _, end in stages(scene)]
    name, done = stage_at(scene, time)
    run, leap = 16, 24
    moved = run * min(time, borders[0]) + leap * min(max(time - borders[0], 0), 1.0)
    moved += 8 * min(max(time - borders[1], 0), 0.5)
    total = run * borders[0] + leap + 4
    # In the middle, within half a cell: wide bodies are hardly cut where they start and stand.
    start = (SCENE_PIXELS - total) / 2 + GRID * (scene.seed % 3 - 1)
    x = snap(start + moved)
    x = SCENE_PIXELS - x if _faces_left(scene) else x
    clip, phase, lift = "idle", time / 2, 0
    if name == "run_up":
        clip, phase = "run", _cycles(scene, "run", time)
    elif name == "leap":
        clip, phase, lift = "jump", *_leap(clips["jump"], done)
    elif name == "land":
        clip, phase = "walk", _cycles(scene, "walk", time)
    return Pose(clip, phase, "right", _faces_left(scene), x, plate.pass_row, lift)


def _leap(clip: Clip, done: float) -> tuple[float, int]:
    """Phase of the jumping clip, highest in the middle of the leap, and extra lift in pixels."""
    frames, top = len(clip.lifts), max(clip.lifts)
    high = [i for i, lift in enumerate(clip.lifts) if lift >= 0.8 * top]
    middle = (high[0] + high[-1] + 1) / 2 / frames
    reach = min(0.3 + (high[-1] - high[0]) / 2 / frames, middle, 1 - middle)
    # Slowest at the top, so that a key frame near it shows the subject in the air.
    swing = 2 * done - 1
    phase = min(middle + reach * swing * abs(swing), 0.999)
    arc = _JUMP_LIFT * 4 * done * (1 - done)
    return phase, round(max(0.0, arc - clip.lifts[int(phase * frames)]))


def _attack(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    name, done = stage_at(scene, time)
    if not name.startswith("attack"):
        return _stand(scene, time, clips, plate)
    return _at_rest(scene, plate, "attack", min(done, 0.999))


def _sit(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    name, done = stage_at(scene, time)
    if name == "stand":
        return _stand(scene, time, clips, plate)
    return _at_rest(scene, plate, "sit", done * 0.999 if name == "sit_down" else 0.999)


def _cheer(scene: Scene, time: float, clips: dict[str, Clip], plate: Plate) -> Pose:
    name, _ = stage_at(scene, time)
    phase = time / clips["idle"].seconds
    if name == "cheer":
        # To and fro between the phases with raised arms, a little slower than the clip.
        swing = (time - 0.4) / (clips["cheer"].seconds * 0.6) % 2
        phase = 0.1 + 0.65 * (1 - abs(swing - 1))
    clip = "idle" if name == "stand" else "cheer"
    return Pose(clip, phase, "front", False, _resting_x(scene), plate.pass_row, 0)


_ACTORS = {
    "stand": _stand,
    "walk_toward": _toward,
    "jump": _jump,
    "eat": _eat,
    "drink": _drink,
    "attack": _attack,
    "sit": _sit,
    "cheer": _cheer,
}
