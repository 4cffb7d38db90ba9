"""Draws scenes of the full world."""

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import numpy as np

from training.world.catalog import SPEEDS
from training.world.full.actions import ACTIONS, CROSSING, PROPS
from training.world.full.catalog import (
    LAYOUTS,
    SUBJECTS,
    actions_of,
    colours_of,
    others_of,
    places_of,
)
from training.world.full.places import PLACES
from training.world.full.split import is_held_out
from training.world.scene_graph import Scene

T = TypeVar("T")

# Actions and subjects get alike shares: half of the scenes start from either.
_ACTION_FIRST = 0.5
_BILLBOARD_WEIGHT = 0.4
_ACTION_WEIGHTS = {"drink": 1.5, "jump": 1.5, "walk": 1.5, "run": 1.5, "drink_mug": 2.0}
_FLAGSHIP, _FLAGSHIP_SHARE = ("lion", "drink", "lake"), 0.01
_COLOUR_SHARE = 0.4
_TIME_WEIGHTS = {"day": 0.55, "dawn": 0.15, "sunset": 0.15, "night": 0.15}
_WEATHER_WEIGHTS = {"clear": 0.7, "rain": 0.1, "snowfall": 0.1, "fog": 0.1}
_CAMERA_SHARE = 0.2
# Few kinds of subject reach the sky.
_PLACE_WEIGHTS = {name: {"sky": 6.0, "moon": 0.5}.get(name, 1.0) for name in PLACES}
# Actions that keep the middle of the picture, so that the camera may zoom; the last frame of a
# zoom shows three quarters of the picture's width.
_ZOOMED = frozenset({
    "stand", "eat", "attack", "sit", "cheer", "drink_mug", "lie_down", "wave", "dance", "clap",
    "fall_over", "grow", "shrink", "appear", "disappear", "bounce",
})  # fmt: skip
# Who falls or lies is wider than the camera shows while it pans.
_PANNED = (_ZOOMED - {"fall_over", "lie_down"}) | {
    "walk",
    "run",
    "drive",
    "swim",
    "fly",
    "sail",
    "hop",
}
# Their heads would be above what a moving camera shows.
_TALL = frozenset({"giraffe"})
_FACING_CAMERA = frozenset({"walk_toward"})
_BILLBOARD_KINDS = frozenset(
    {"creature", "swimmer", "waterbird", "wings", "wheels", "ball", "thing", "plant"}
)
_TRIES = 10_000


def sample_full_scene(rng: np.random.Generator, split: str) -> Scene:
    """Draw a scene of the "train" or the "heldout" side of the split."""
    wanted = split == "heldout"
    for _ in range(_TRIES):
        scene = _draw(rng)
        if is_held_out(scene.subject, scene.action, scene.place, scene.colour) == wanted:
            return scene
    raise RuntimeError(f"no scene of the {split} side in {_TRIES} draws")


def _draw(rng: np.random.Generator) -> Scene:
    subject, action, place = _who_what_where(rng)
    setting = PLACES[place]
    colours = colours_of(subject)
    colour = _one_of(rng, colours) if colours and rng.random() < _COLOUR_SHARE else None
    direction = "toward" if action in _FACING_CAMERA else _one_of(rng, ("left", "right"))
    return Scene(
        subject=subject,
        action=action,
        place=place,
        layout=int(rng.integers(LAYOUTS)),
        direction=direction,
        speed=_one_of(rng, SPEEDS),
        seed=int(rng.integers(2**16)),
        world="full",
        colour=colour,
        time=_weighted(rng, setting.times, _TIME_WEIGHTS),
        weather=_weighted(rng, setting.weathers, _WEATHER_WEIGHTS),
        camera=_camera(rng, action, direction) if subject not in _TALL else "still",
        other=_perhaps(rng, others_of(subject, action)),
        prop=_perhaps(rng, PROPS.get(action, ())),
    )


def _one_of(rng: np.random.Generator, choices: Sequence[T]) -> T:
    return choices[int(rng.integers(len(choices)))]


def _perhaps(rng: np.random.Generator, choices: Sequence[T]) -> T | None:
    """One of the choices; None of no choices."""
    return _one_of(rng, choices) if choices else None


def _weighted(rng: np.random.Generator, names: tuple[str, ...], weights: dict[str, float]) -> str:
    shares = np.cumsum([weights[name] for name in names])
    return names[int(np.searchsorted(shares, rng.random() * shares[-1], "right"))]


@cache
def _pairs() -> tuple[list[tuple[str, str]], np.ndarray]:
    """Possible (subject, action) and their cumulated shares: subjects and actions weigh alike."""
    pairs = [(s, a) for s in SUBJECTS for a in actions_of(s) if places_of(s, a)]
    weight = {
        s: _BILLBOARD_WEIGHT if entry.kind in _BILLBOARD_KINDS else 1.0
        for s, entry in SUBJECTS.items()
    }
    own = np.array([weight[s] * _ACTION_WEIGHTS.get(a, 1.0) for s, a in pairs])
    by_subject = {s: sum(own[i] for i, p in enumerate(pairs) if p[0] == s) for s in SUBJECTS}
    by_action = {a: sum(own[i] for i, p in enumerate(pairs) if p[1] == a) for a in ACTIONS}
    subjects, actions = sum(weight.values()), sum(_ACTION_WEIGHTS.get(a, 1.0) for a in ACTIONS)
    shares = [
        (1 - _ACTION_FIRST) * own[i] / by_subject[s] * weight[s] / subjects
        + _ACTION_FIRST * own[i] / by_action[a] * _ACTION_WEIGHTS.get(a, 1.0) / actions
        for i, (s, a) in enumerate(pairs)
    ]
    return pairs, np.cumsum(shares)


def _who_what_where(rng: np.random.Generator) -> tuple[str, str, str]:
    if rng.random() < _FLAGSHIP_SHARE:
        return _FLAGSHIP
    pairs, shares = _pairs()
    index = int(np.searchsorted(shares, rng.random() * shares[-1], "right"))
    subject, action = pairs[min(index, len(pairs) - 1)]
    return subject, action, _weighted(rng, places_of(subject, action), _PLACE_WEIGHTS)


def _camera(rng: np.random.Generator, action: str, direction: str) -> str:
    """Mostly still; moves only where the subject stays in the picture."""
    moves: list[str] = ["zoom_in", "zoom_out"] if action in _ZOOMED else []
    if action in _PANNED:
        # Along with a subject that crosses the picture, either way past one that does not.
        moves += [f"pan_{direction}"] if action in CROSSING else ["pan_left", "pan_right"]
    if not moves or rng.random() >= _CAMERA_SHARE:
        return "still"
    return moves[int(rng.integers(len(moves)))]
