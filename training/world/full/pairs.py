"""Two subjects: one chases or follows the other, or they meet."""

from training.world.full.actor import Actor, Stage, clips_of, resting_clip
from training.world.motion import GRID, Pose, snap
from training.world.scene import stages
from training.world.sprites import SCENE_PIXELS

# Both are drawn farther away, so that they fit into the picture side by side.
_SCALE = 0.64
# Pixels per second, column of the one behind at the start, columns between the two at the start.
_CHASE, _FOLLOW = (12, 0, 40), (8, 12, 40)
# Leg cycles per second that fit the paces at this scale, without sliding.
_CADENCE = {"run": 1.0, "walk": 0.37, "drive": 1.0}
# Columns of the two who meet: at the start and when they stop, from either edge.
_MEET_START, _MEET_STOP, _MEET_CADENCE = 12, 28, 0.3


def chase(stage: Stage, time: float) -> list[Actor]:
    """The subject runs after the other one; `follow` is the same at a walk."""
    hurry = stage.scene.action == "chase"
    gait = "run" if hurry else "walk"
    pace, start, gap = _CHASE if hurry else _FOLLOW
    # A chaser comes a little nearer.
    columns = [snap(start + (pace + 2 * hurry) * time), snap(start + gap + pace * time)]
    if stage.side < 0:
        columns = [SCENE_PIXELS - x for x in columns]
    row = stage.plate.pass_row
    mirrored = stage.side < 0
    phase = time * _CADENCE[gait] * stage.scene.speed
    ahead_pose = _pose(stage, stage.scene.other, gait, phase + 0.3, mirrored, columns[1], row)
    own = _pose(stage, stage.scene.subject, gait, phase, mirrored, columns[0], row + GRID)
    return [_other(stage, ahead_pose), _subject(stage, own)]


def meet(stage: Stage, time: float) -> list[Actor]:
    """Both walk in from the edges, stop before each other and stand face to face."""
    end = stages(stage.scene)[0][2]
    moved = snap((_MEET_STOP - _MEET_START) * min(1.0, time / end))
    arrived = time >= end
    gait, phase = ("idle", time / 2) if arrived else ("walk", time * _MEET_CADENCE)
    left, right = _MEET_START + moved, SCENE_PIXELS - _MEET_START - moved
    mirrored = stage.side < 0
    row = stage.plate.pass_row
    own, others = (right, left) if mirrored else (left, right)
    other = _pose(stage, stage.scene.other, gait, phase + 0.4, not mirrored, others, row)
    subject = _pose(stage, stage.scene.subject, gait, phase, mirrored, own, row)
    return [_other(stage, other), _subject(stage, subject)]


def _pose(
    stage: Stage, name: str | None, gait: str, phase: float, mirrored: bool, x: int, row: int
) -> Pose:
    clips = clips_of(stage.world, str(name))
    # Vehicles drive whatever the others do.
    known = gait if gait in clips else "drive" if "drive" in clips else resting_clip(clips)
    return Pose(known, phase, "right", mirrored, x, row, 0, _SCALE)


def _subject(stage: Stage, pose: Pose) -> Actor:
    return Actor(stage.scene.subject, pose, True, stage.scene.colour)


def _other(stage: Stage, pose: Pose) -> Actor:
    return Actor(str(stage.scene.other), pose)
