"""What a scene shows, as named labels, and the class lists of the evaluator's heads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from training.world.catalog import ACTIONS, DIRECTIONS, PLACES, SUBJECTS
from training.world.scene import Scene, sample_scene, stages

FIELDS = ("subject", "action", "place", "colour", "time", "direction")
"""Labels of a whole clip, in the order of reports."""

UNKNOWN = -1
"""Class index of a label that a clip does not determine; it is neither trained nor scored."""

# The colours that captions may name; the other subjects have no colour of their own.
_COLOURS = {
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
_TIMES = ("day", "night")
# A cheering subject looks at the viewer, and at the lake the water decides where a drinker looks.
_NO_DIRECTION = frozenset({"cheer", "drink"})


@dataclass(frozen=True)
class LabelSet:
    """Class names of every head; `index` and `name` translate."""

    classes: dict[str, tuple[str, ...]]  # field, or "stage" -> names

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
    return {
        "subject": scene.subject,
        "action": scene.action,
        "place": scene.place,
        "colour": _COLOURS.get(scene.subject),
        "time": "night" if scene.place == "night" else "day",
        "direction": None if scene.action in _NO_DIRECTION else scene.direction,
    }


def visible_stage(name: str) -> str:
    """The stage as a single moment shows it: a repeated stage looks like the first one."""
    return name.removesuffix("_again")


@lru_cache(maxsize=1)
def stage_names() -> dict[str, tuple[str, ...]]:
    """Action -> its stages in order, as they can be seen; neighbours that look alike are one."""
    example = sample_scene(np.random.default_rng(0))
    result = {}
    for action in ACTIONS:
        scene = Scene(**{**vars(example), "action": action})
        names = [visible_stage(name) for name, _, _ in stages(scene)]
        result[action] = tuple(n for i, n in enumerate(names) if i == 0 or n != names[i - 1])
    return result


@lru_cache(maxsize=1)
def label_set() -> LabelSet:
    """The classes of the toy world."""
    seen = sorted({name for names in stage_names().values() for name in names})
    return LabelSet(
        {
            "subject": SUBJECTS,
            "action": ACTIONS,
            "place": PLACES,
            "colour": tuple(sorted(set(_COLOURS.values()))),
            "time": _TIMES,
            "direction": DIRECTIONS,
            "stage": tuple(seen),
        }
    )
