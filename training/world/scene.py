"""Draws scenes and tells the time line of their stages."""

from functools import lru_cache

import numpy as np

from training.world.catalog import GUESTS, LAYOUTS, SPEEDS, SUBJECTS, directions_of, kind_of
from training.world.full.actions import ACTIONS as FULL_ACTIONS
from training.world.full.actions import core_of
from training.world.full.sampling import sample_full_scene
from training.world.scene_graph import CLIP_SECONDS, MASTER_RATE, Scene
from training.world.split import combinations

# Seconds at which each stage ends; the last one ends with the clip.
_STAGE_ENDS: dict[str, tuple[tuple[str, float], ...]] = {
    "stand": (("stand", 4.0),),
    "walk": (("walk", 4.0),),
    "run": (("run", 4.0),),
    "walk_toward": (("walk_toward", 4.0),),
    "walk_stop": (("walk", 2.4), ("stand", 4.0)),
    "jump": (("run_up", 1.5), ("leap", 2.5), ("land", 3.0), ("stand", 4.0)),
    "eat": (("stand", 0.6), ("lower", 1.3), ("eat", 3.2), ("raise", 4.0)),
    "drink": (("approach", 1.2), ("lower", 1.8), ("drink", 3.2), ("raise", 4.0)),
    "attack": (("stand", 0.5), ("attack", 1.5), ("attack_again", 2.6), ("stand_again", 4.0)),
    "sit": (("stand", 0.6), ("sit_down", 1.8), ("sit", 4.0)),
    "cheer": (("stand", 0.4), ("cheer", 4.0)),
    "swim": (("swim", 4.0),),
    "drive": (("drive", 4.0),),
    "park": (("drive", 2.2), ("brake", 3.0), ("parked", 4.0)),
}
_FULL_STAGE_ENDS = {name: action.stages for name, action in FULL_ACTIONS.items()}
# The stage without which a window does not show the action.
_CORE_STAGE = {
    "jump": "leap",
    "eat": "eat",
    "drink": "drink",
    "attack": "attack",
    "sit": "sit_down",
    "park": "brake",
    "cheer": "cheer",
}

# Scenes that the product is judged by are drawn more often.
_ACTION_WEIGHTS = {"drink": 2.0, "jump": 2.0}
_FLAGSHIP = ("lion", "drink", "lake")
_FLAGSHIP_WEIGHT = 3.0
# Land subjects rarely walk on a street, and kinds with few actions need fewer scenes.
_STREET_WEIGHT = 0.5
_KIND_WEIGHTS = {"fish": 0.5, "car": 0.7}


def border_shift(scene: Scene) -> float:
    """Seconds that inner borders of stages move, so that key frames do not always match them."""
    return (scene.seed // 8 % 3 - 1) / MASTER_RATE


def stages(scene: Scene) -> list[tuple[str, float, float]]:
    """The scene's stages as (name, start, end) in seconds; together they cover 0..4 exactly."""
    shift = border_shift(scene)
    result = []
    start = 0.0
    ends = _STAGE_ENDS if scene.world == "cpu" else _FULL_STAGE_ENDS
    for name, end in ends[scene.action]:
        border = end if end == CLIP_SECONDS else end + shift
        result.append((name, start, border))
        start = border
    return result


def stage_at(scene: Scene, time: float) -> tuple[str, float]:
    """The stage at a time in seconds and how far it has come, 0..1."""
    line = stages(scene)
    for name, start, end in line:
        if time < end:
            return name, max(0.0, time - start) / (end - start)
    return line[-1][0], 1.0


def core_window(scene: Scene) -> tuple[float, float] | None:
    """Start and end of the moments that show the action; None when every moment shows it."""
    if scene.world != "cpu":
        core = core_of(scene.action)
        shift = border_shift(scene)
        return core and (
            core[0] + (shift if core[0] > 0 else 0.0),
            core[1] + (shift if core[1] < CLIP_SECONDS else 0.0),
        )
    if scene.action == "walk_stop":  # Some walking and some standing.
        stop = stages(scene)[0][2]
        return stop - 0.5, stop + 0.5
    core = _CORE_STAGE.get(scene.action)
    for name, start, end in stages(scene):
        if name == core:
            return start, end
    return None


@lru_cache(maxsize=4)
def _weighted_combinations(
    held_out: bool, subjects: tuple[str, ...] = SUBJECTS
) -> tuple[list[tuple[str, str, str]], np.ndarray]:
    """All combinations of one split and their cumulated probabilities; subjects weigh alike."""
    choices = combinations(held_out, subjects)
    weights = np.ones(len(choices))
    for i, (subject, action, place) in enumerate(choices):
        siblings = [c for c in choices if c[:2] == (subject, action)]
        street = place == "street" and kind_of(subject) != "car"
        weights[i] *= (_STREET_WEIGHT if street else 1.0) / len(siblings)
        weights[i] *= _ACTION_WEIGHTS.get(action, 1.0)
        if (subject, action, place) == _FLAGSHIP:
            weights[i] *= _FLAGSHIP_WEIGHT
    for subject in {c[0] for c in choices}:
        own = [i for i, c in enumerate(choices) if c[0] == subject]
        # The flagship's extra share comes on top of its subject's share.
        extra = sum(weights[i] for i in own if choices[i] == _FLAGSHIP) * (1 - 1 / _FLAGSHIP_WEIGHT)
        total = weights[own].sum() - extra
        weights[own] *= _KIND_WEIGHTS.get(kind_of(subject), 1.0) / total
    return choices, np.cumsum(weights / weights.sum())


def sample_scene(rng: np.random.Generator, split: str = "train", world: str = "cpu") -> Scene:
    """Draw a scene of the "train" or the "heldout" side of a subset's split.

    `world` names the subset (training.world.subsets): "cpu" or "full".
    """
    if split not in ("train", "heldout"):
        raise ValueError(f"split must be 'train' or 'heldout', not {split!r}")
    if world == "full":
        return sample_full_scene(rng, split)
    if world != "cpu":
        raise ValueError(f"unknown world subset {world!r}: choose cpu or full")
    return _cpu_scene(rng, *_weighted_combinations(split == "heldout"))


def sample_guest_scene(rng: np.random.Generator) -> Scene:
    """Draw a scene of the `cpu` subset's train side that a guest acts in (catalog.GUESTS)."""
    return _cpu_scene(rng, *_weighted_combinations(False, GUESTS))


def _cpu_scene(
    rng: np.random.Generator, choices: list[tuple[str, str, str]], cumulated: np.ndarray
) -> Scene:
    index = min(int(np.searchsorted(cumulated, rng.random(), "right")), len(choices) - 1)
    subject, action, place = choices[index]
    directions = directions_of(action)
    return Scene(
        subject=subject,
        action=action,
        place=place,
        layout=int(rng.integers(LAYOUTS)),
        direction=directions[int(rng.integers(len(directions)))],
        speed=SPEEDS[int(rng.integers(len(SPEEDS)))],
        seed=int(rng.integers(2**16)),
    )
