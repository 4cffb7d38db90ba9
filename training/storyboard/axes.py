"""What storyboards are planned for: times and rates, and what the path of a body depends on."""

from __future__ import annotations

from typing import Literal, get_args

from training.world.dataset import DURATION_TEXTS
from training.world.subsets import Subset

STEPS = 32
"""Steps in time between the first and the last key frame: as many as three rounds make."""
RATES = tuple(DURATION_TEXTS)
"""Frames per second of the key frames, in the order of a storyboard's rows."""
PATHS = 8
"""Paths to choose from, for every action, direction and ground."""
Direction = Literal["right", "left", "unstated"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
GROUNDS = ("land", "waterside")
"""Who comes closer at a lake does so beside the water; everywhere else in the middle."""


def path_shape(subset: Subset) -> tuple[int, ...]:
    """Of the table of paths: actions, DIRECTIONS, GROUNDS, PATHS, RATES, STEPS + 1."""
    actions = len(subset.actions)
    return actions, len(DIRECTIONS), len(GROUNDS), PATHS, len(RATES), STEPS + 1
