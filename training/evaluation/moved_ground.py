"""Worlds whose subjects stand higher or lower than the place has them, for the evaluator to learn
that it is not where they stand that tells a meadow from a lake."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.world.atlas import World

MOVED_SHARE = 0.5
_STEPS = (-8, -4, 4, 8)  # scene pixels


def with_moved_ground(world: World, rng: np.random.Generator) -> World:
    """The world, or, for `MOVED_SHARE` of the calls, one whose ground line lies elsewhere in all
    places. Who drinks stays at the water's edge."""
    if rng.random() >= MOVED_SHARE:
        return world
    step = int(rng.choice(_STEPS))
    plates = {
        place: [replace(plate, pass_row=plate.pass_row + step) for plate in layouts]
        for place, layouts in world.plates.items()
    }
    return replace(world, plates=plates)
