"""What a scene shows, as named labels, and the class lists of the evaluator's heads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from training.world import subsets
from training.world.catalog import DIRECTIONS
from training.world.full.actions import CROSSING
from training.world.scene import Scene
from training.world.subsets import subset_named
from training.world.visible_stages import stage_lines, stage_names

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


@lru_cache(maxsize=4)
def label_set(subset: str = subsets.CPU.name) -> LabelSet:
    """The classes of a subset of the toy world; fields without a choice are left out."""
    world = subset_named(subset)
    lines = stage_lines(world)
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
    classes["stage"] = stage_names(lines)
    return LabelSet(subset, classes, lines)
