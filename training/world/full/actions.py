"""The actions of the full world: their stages, the rate that covers them, and who does them."""

from typing import NamedTuple

from training.world.scene_graph import CLIP_SECONDS


class Action(NamedTuple):
    """One action. Times are seconds of a clip of four seconds."""

    # (name, end) of each stage; the last one ends with the clip.
    stages: tuple[tuple[str, float], ...]
    # First and last stage of what must be seen; None = every moment shows the action.
    core: tuple[str, str] | None = None


def _staged(*stages: str | float, core: tuple[str, str] | None = None) -> Action:
    """Stages written as name, end, name, end, ..., last name."""
    names, ends = stages[::2], (*stages[1::2], CLIP_SECONDS)
    return Action(tuple(zip(map(str, names), map(float, ends), strict=True)), core)


ACTIONS: dict[str, Action] = {
    "stand": _staged("stand"),
    "walk": _staged("walk"),
    "run": _staged("run"),
    "walk_toward": _staged("walk_toward"),
    "walk_stop": _staged("walk", 2.4, "stand", core=("walk", "stand")),
    "jump": _staged("run_up", 1.5, "leap", 2.5, "land", 3.0, "stand", core=("leap", "land")),
    "eat": _staged("stand", 0.6, "lower", 1.3, "eat", 3.2, "raise", core=("lower", "raise")),
    "drink": _staged(
        "approach", 1.2, "lower", 1.8, "drink", 3.2, "raise", core=("approach", "raise")
    ),
    "attack": _staged(
        "stand", 0.5, "attack", 1.5, "attack_again", 2.6, "stand_again", core=("attack", "attack")
    ),
    "sit": _staged("stand", 0.6, "sit_down", 1.8, "sit", core=("sit_down", "sit_down")),
    "cheer": _staged("stand", 0.4, "cheer"),
    "swim": _staged("swim"),
    "drive": _staged("drive"),
    "park": _staged("drive", 2.2, "brake", 3.0, "parked", core=("drive", "parked")),
    "drink_mug": _staged("hold", 0.7, "lift", 1.4, "drink", 2.6, "lower", core=("lift", "lower")),
    "lie_down": _staged("stand", 0.7, "lie_down", 2.3, "lie", core=("stand", "lie")),
    "wave": _staged("stand", 0.6, "wave", 2.3, "stand_again", core=("wave", "wave")),
    "dance": _staged("dance"),
    "clap": _staged("clap"),
    "fall_over": _staged("stand", 1.0, "fall", 2.2, "lie", core=("fall", "fall")),
    "fly": _staged("fly"),
    "take_off": _staged("ground", 0.8, "lift", 2.0, "climb", core=("ground", "climb")),
    "leap_water": _staged("under", 1.2, "leap", 2.6, "splash", core=("leap", "leap")),
    "sail": _staged("sail"),
    "chase": _staged("chase"),
    "follow": _staged("follow"),
    "meet": _staged("approach", 2.4, "face", core=("approach", "face")),
    "pick_up": _staged("stand", 0.8, "bend", 1.6, "rise", 2.5, "hold", core=("bend", "rise")),
    "throw": _staged("hold", 0.9, "windup", 1.5, "flight", 2.6, "rest", core=("windup", "flight")),
    "kick": _staged("stand", 0.9, "kick", 1.5, "roll", 2.6, "rest", core=("kick", "roll")),
    "grow": _staged("grow"),
    "shrink": _staged("shrink"),
    "appear": _staged("empty", 1.2, "appear", 2.2, "stay", core=("appear", "appear")),
    "disappear": _staged("stay", 1.2, "fade", 2.8, "empty", core=("fade", "fade")),
    "hide": _staged("walk", 2.8, "hidden", core=("walk", "walk")),
    "hop": _staged("hop"),
    "roll": _staged("roll"),
    "bounce": _staged("bounce"),
}

# Actions in which the subject crosses the picture and captions may name the direction.
CROSSING = frozenset({
    "walk", "run", "walk_stop", "swim", "drive", "park", "fly", "sail", "chase", "follow", "hop",
    "roll",
})  # fmt: skip
# Actions with a second subject, and with a thing.
PAIRED = frozenset({"chase", "follow", "meet"})
PROPS: dict[str, tuple[str, ...]] = {
    "pick_up": ("red_apple", "green_apple", "basketball", "soccer_ball"),
    "throw": ("soccer_ball", "basketball"),
    "kick": ("soccer_ball", "basketball"),
}

_ANY = ("grow", "shrink", "appear", "disappear")
_LAND = ("stand", "walk", "run", "walk_toward", "walk_stop", "jump", "attack")
_TOGETHER = ("hide", "chase", "follow", "meet")
KIND_ACTIONS: dict[str, tuple[str, ...]] = {
    "animal": (*_LAND, "eat", "drink", "lie_down", "fall_over", *_TOGETHER, *_ANY),
    "person": (*_LAND, "sit", "wave", "dance", "fall_over", *_TOGETHER, *_ANY),
    "dinosaur": (*_LAND, "fall_over", *_TOGETHER, *_ANY),
    "critter": (*_LAND, "fall_over", *_TOGETHER, *_ANY),
    "fish": ("swim",),
    "car": ("drive", "park", *_ANY),
    "boat": ("sail",),
    "flyer": ("fly", "take_off"),
    "creature": ("stand", "hop", "hide", *_ANY),
    "swimmer": ("swim",),
    "waterbird": ("swim",),
    "wings": ("fly", "take_off"),
    "wheels": ("drive", "park", *_ANY),
    "ball": ("roll", "bounce", *_ANY),
    "thing": _ANY,
    "plant": _ANY,
}


# A window shows a little of what comes before and after.
_MARGIN = 0.25


def rate_of(action: str) -> int:
    """Frames per second of the shortest window of five frames that covers the action.

    Windows are 4, 2, 1 and 0.5 seconds long at 1, 2, 4 and 8 frames per second.
    """
    core = core_of(action)
    length = CLIP_SECONDS if core is None else core[1] - core[0] + _MARGIN
    return max((rate for rate in (1, 2, 4, 8) if 4 / rate >= length), default=1)


def core_of(action: str) -> tuple[float, float] | None:
    """Start and end in seconds of what must be seen; None when every moment shows it."""
    stages, core = ACTIONS[action]
    if core is None:
        return None
    names = [name for name, _ in stages]
    starts = [0.0, *(end for _, end in stages[:-1])]
    first, last = (names.index(name) for name in core)
    return starts[first], stages[last][1]
