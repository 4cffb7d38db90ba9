"""Where in the frame a body is and which way it faces: its spot, as storyboards tell it."""

from __future__ import annotations

from collections.abc import Mapping

from training.world.atlas import SCENE_PIXELS, Clip
from training.world.motion import GRID, Pose

COLUMNS = SCENE_PIXELS // GRID + 1
"""Columns that the centre of a body can be in, both edges of the picture included: 25."""
ROWS = COLUMNS
"""Rows that its feet can be in, or the middle of a fish."""
FACINGS = ("right", "left", "front")
"""In the order of spots; from the front a body is seen that faces the viewer."""


def spot_of(pose: Pose, clips: Mapping[str, Clip]) -> int:
    """(facing * COLUMNS + column from the left) * ROWS + row from the top; faces right 0, left 1,
    the viewer 2. `clips` are the subject's: of who leaps they rise by themselves."""
    facing = pose.yaw if pose.yaw == "front" else "left" if pose.mirrored else "right"
    feet = pose.foot_row - pose.lift - rise_of(pose, clips)
    column, row = _place(pose.x, COLUMNS), _place(feet, ROWS)
    return (FACINGS.index(facing) * COLUMNS + column) * ROWS + row


def _place(at: float, places: int) -> int:
    """The nearest of so many places on the grid to a length in scene pixels."""
    return min(max(round(at / GRID), 0), places - 1)


def rise_of(pose: Pose, clips: Mapping[str, Clip]) -> float:
    """Scene pixels by which the pose's own picture is above its ground contact; of a fish, which
    has none, 0."""
    clip = clips[pose.clip]
    return 0.0 if pose.clip == "swim" else clip.rise(pose.phase, pose.yaw, pose.scale)
