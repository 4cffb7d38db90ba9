"""The named parts of the toy world that models are trained on."""

from collections.abc import Callable
from dataclasses import dataclass

from training.world import catalog
from training.world.full import catalog as full
from training.world.full.actions import ACTIONS
from training.world.full.places import PLACES
from training.world.full.settings import CAMERAS, COLOURS, TIMES, WEATHERS
from training.world.full.split import is_held_out as is_held_out_in_full
from training.world.scene_graph import Scene
from training.world.split import is_held_out

# Colour label of subjects for which no single colour word is true.
MIXED = "mixed"


@dataclass(frozen=True)
class Subset:
    """A part of the world. The order of its names is the order of class labels."""

    name: str
    subjects: tuple[str, ...]
    actions: tuple[str, ...]
    places: tuple[str, ...]
    # Colours that captions may state.
    colours: tuple[str, ...]
    times: tuple[str, ...]
    weathers: tuple[str, ...]
    cameras: tuple[str, ...]
    # Layouts that scenes draw per place; the plates wrap around when fewer are rendered.
    layouts: int
    actions_of: Callable[[str], tuple[str, ...]]
    places_of: Callable[[str, str], tuple[str, ...]]


# What ships from a CPU: exactly the world of the first model, `night` being a place.
CPU = Subset(
    name="cpu",
    subjects=catalog.SUBJECTS,
    actions=catalog.ACTIONS,
    places=catalog.PLACES,
    colours=("red", "orange", "yellow", "green", "blue", "brown"),
    times=("day", "night"),
    weathers=("clear",),
    cameras=("still",),
    layouts=catalog.LAYOUTS,
    actions_of=catalog.actions_of,
    places_of=catalog.places_of,
)
# Everything; night is a time of day of every place.
FULL = Subset(
    name="full",
    subjects=tuple(full.SUBJECTS),
    actions=tuple(ACTIONS),
    places=tuple(PLACES),
    colours=tuple(COLOURS),
    times=tuple(TIMES),
    weathers=tuple(WEATHERS),
    cameras=tuple(CAMERAS),
    layouts=full.LAYOUTS,
    actions_of=full.actions_of,
    places_of=full.places_of,
)
SUBSETS = {subset.name: subset for subset in (CPU, FULL)}


def subset_named(name: str) -> Subset:
    """The subset of that name; ValueError names the choices."""
    if name not in SUBSETS:
        raise ValueError(f"unknown world subset {name!r}: choose one of {', '.join(SUBSETS)}")
    return SUBSETS[name]


def is_held_out_scene(scene: Scene) -> bool:
    """True when a pair that the scene shows is never trained in its world."""
    names = (scene.subject, scene.action, scene.place)
    if scene.world == CPU.name:
        return is_held_out(*names)
    return is_held_out_in_full(*names, scene.colour)


def labels_of(scene: Scene) -> dict[str, str]:
    """Class labels: subject, action, place, colour, time, weather and camera.

    Place `night` is the meadow at night. The colour is the stated one, else the natural one.
    """
    at_night = scene.place == "night"
    return {
        "subject": scene.subject,
        "action": scene.action,
        "place": "meadow" if at_night else scene.place,
        "colour": scene.colour or natural_colour(scene),
        "time": "night" if at_night else scene.time,
        "weather": scene.weather,
        "camera": scene.camera,
    }


def natural_colour(scene: Scene) -> str:
    """The colour of the scene's subject as it is rendered; `MIXED` where no word is true."""
    if scene.world == CPU.name:
        return catalog.NATURAL_COLOURS[scene.subject]
    return full.SUBJECTS[scene.subject].colour or MIXED
