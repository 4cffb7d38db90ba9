"""The world that a package was trained on, in any frame size."""

from __future__ import annotations

from training.world.atlas import World, load_world
from training.world.synthetic import synthetic_world

WORLDS = ("rendered", "synthetic")


def world_named(name: str, pixels: int) -> World:
    """The rendered toy world, or the coloured shapes of the test model, with frames of `pixels`.

    FileNotFoundError says what to do when the world has not been rendered.
    """
    if name not in WORLDS:
        raise ValueError(f"world must be one of {', '.join(WORLDS)}, not {name!r}")
    return synthetic_world(pixels) if name == "synthetic" else load_world(pixels)
