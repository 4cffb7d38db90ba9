"""What a scene shows, as named labels, and the class lists of the evaluator's heads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from training.world import subsets
from training.world.catalog import DIRECTIONS
from training.world.full.actions import CROSSING
from training.world.scene import Scene, sample_scene, stages
from training.world.subsets import Subset, subset_named

FIELDS = ("subject", "action", "place", "colour", "time", "direction")
"""Labels of a whole clip that every subset has, in the order of reports."""

_SETTINGS = ("weather", "camera")
"""Further labels, of subsets where they vary."""

UNKNOWN = -1
"""Class index of a label that a clip does not determine; it is neither trained nor scored."""

# The colours that captions of the cpu subset may name; its other subjects have none.
_CPU_COLOURS = {
    "zebra": "black and white",
    "cow": "black and white",
    "fox": "orange",
    "horse": "brown",
    "mage": "purple",
    "trex": "green",
    "triceratops": "blue",
    "clownfish": "orange",
    "taxi": "yellow",
    "car": "red",
}
# In the cpu subset night is a place (the meadow at night), as its prompts say.
_CPU_TIMES = ("day", "night")
# A cheering subject looks at the viewer, and at the lake the water decides where a drinker looks.
_CPU_NO_DIRECTION = frozenset({"cheer", "drink"})


@dataclass(frozen=True)
class LabelSet:
    """Class names of every head, and the stages of every action."""

    subset: str
    classes: dict[str, tuple[str, ...]]  # field, or "stage" -> names
    stage_lines: dict[str, tuple[str, ...]]  # action -> what can be seen of it, in order

    @property
    def fields(self) -> tuple[str, ...]:
        """Labels of a whole clip."""
        return tuple(field for field in self.classes if field != "stage")

    def index(self, field: str, name: str | None) -> int:
        """Class of a name; None is UNKNOWN. ValueError lists the names that exist."""
        if name is None:
            return UNKNOWN
        names = self.classes[field]
        if name not in names:
            raise ValueError(f"{field} {name!r} is not one of {', '.join(names)}")
        return names.index(name)

    def name(self, field: str, index: int) -> str | None:
        return None if index == UNKNOWN else self.classes[field][index]


def labels_of(scene: Scene) -> dict[str, str | None]:
    """Field -> name; None where the scene does not determine the label."""
    if scene.world == subsets.CPU.name:
        return {
            "subject": scene.subject,
            "action": scene.action,
            "place": scene.place,
            "colour": _CPU_COLOURS.get(scene.subject),
            "time": "night" if scene.place == "night" else "day",
            "direction": None if scene.action in _CPU_NO_DIRECTION else scene.direction,
        }
    names = subsets.labels_of(scene)
    colour = None if names["colour"] not in subset_named(scene.world).colours else names["colour"]
    crosses = scene.action in CROSSING or scene.direction == "toward"
    return {**names, "colour": colour, "direction": scene.direction if crosses else None}


def visible_stage(name: str) -> str:
    """The stage as a single moment shows it: a repeated stage looks like the first one."""
    return name.removesuffix("_again")


@lru_cache(maxsize=4)
def label_set(subset: str = subsets.CPU.name) -> LabelSet:
    """The classes of a subset of the toy world; fields without a choice are left out."""
    world = subset_named(subset)
    lines = _stage_lines(world)
    cpu = world is subsets.CPU
    classes: dict[str, tuple[str, ...]] = {
        "subject": world.subjects,
        "action": world.actions,
        "place": world.places,
        "colour": tuple(sorted(set(_CPU_COLOURS.values()))) if cpu else world.colours,
        "time": _CPU_TIMES if cpu else world.times,
        "direction": DIRECTIONS,
    }
    for field, names in zip(_SETTINGS, (world.weathers, world.cameras), strict=True):
        if len(names) > 1:
            classes[field] = names
    classes["stage"] = tuple(sorted({name for names in lines.values() for name in names}))
    return LabelSet(subset, classes, lines)


def _stage_lines(world: Subset) -> dict[str, tuple[str, ...]]:
    """Action -> its stages in order, as they can be seen; neighbours that look alike are one."""
    example = sample_scene(np.random.default_rng(0), world=world.name)
    result = {}
    for action in world.actions:
        names = [visible_stage(name) for name, _, _ in stages(replace(example, action=action))]
        result[action] = tuple(n for i, n in enumerate(names) if i == 0 or n != names[i - 1])
    return result
