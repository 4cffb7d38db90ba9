"""Where in the frame a body is and which way it faces: its spot, as storyboards tell it."""

from __future__ import annotations

from training.world.atlas import SCENE_PIXELS
from training.world.motion import GRID, Pose

COLUMNS = SCENE_PIXELS // GRID + 1
"""Columns that the centre of a body can be in, both edges of the picture included: 25."""
FACINGS = ("right", "left", "front")
"""In the order of spots; from the front a body is seen that faces the viewer."""


def spot_of(pose: Pose) -> int:
    """facing * COLUMNS + column from the left; faces right 0, left 1, the viewer 2."""
    facing = pose.yaw if pose.yaw == "front" else "left" if pose.mirrored else "right"
    column = min(max(round(pose.x / GRID), 0), COLUMNS - 1)
    return FACINGS.index(facing) * COLUMNS + column
