"""What the `cpu` subset of the toy world contains and what goes together.

The order of the name lists is the order of class labels; append, never reorder. The full world is
in `training.world.full`; `training.world.subsets` gives both one form.
"""

from typing import Literal

Kind = Literal["animal", "person", "dinosaur", "fish", "car"]

SUBJECT_KINDS: dict[str, Kind] = {
    "lion": "animal",
    "zebra": "animal",
    "cow": "animal",
    "fox": "animal",
    "horse": "animal",
    "stag": "animal",
    "knight": "person",
    "mage": "person",
    "trex": "dinosaur",
    "triceratops": "dinosaur",
    "clownfish": "fish",
    "dolphin": "fish",
    "taxi": "car",
    "car": "car",
}
SUBJECTS = tuple(SUBJECT_KINDS)

# Guests: further subjects that models are trained with but that no label names. Fourteen subjects
# are few enough to learn each pose by heart with who takes it.
GUEST_KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "tiger",
            "leopard",
            "wolf",
            "husky",
            "dog",
            "white_horse",
            "bull",
            "donkey",
            "alpaca",
            "deer",
        ),
        "animal",
    ),
    **dict.fromkeys(("barbarian", "rogue", "man", "woman"), "person"),
    **dict.fromkeys(("stegosaurus", "apatosaurus", "velociraptor", "parasaurolophus"), "dinosaur"),
}
GUESTS = tuple(GUEST_KINDS)
# What a guest's model has no motion for.
_LACKS: dict[str, frozenset[str]] = dict.fromkeys(("man", "woman"), frozenset({"cheer"}))

ACTIONS = (
    "stand",
    "walk",
    "run",
    "walk_toward",
    "walk_stop",
    "jump",
    "eat",
    "drink",
    "attack",
    "sit",
    "cheer",
    "swim",
    "drive",
    "park",
)

PLACES = (
    "meadow",
    "forest",
    "autumn",
    "desert",
    "snow",
    "street",
    "lake",
    "night",
    "underwater",
)

DIRECTIONS = ("left", "right", "toward")

# The colour that names a subject as it is rendered.
NATURAL_COLOURS: dict[str, str] = {
    "lion": "yellow",
    "zebra": "white",
    "cow": "white",
    "fox": "orange",
    "horse": "brown",
    "stag": "brown",
    "knight": "gray",
    "mage": "purple",
    "trex": "green",
    "triceratops": "blue",
    "clownfish": "orange",
    "dolphin": "white",
    "taxi": "yellow",
    "car": "red",
}

# Plates per place.
LAYOUTS = 4

# Playing speed of the subject; the pixels per second of a scene are rounded to the 4-pixel grid.
SPEEDS = (0.85, 1.0, 1.2)

MOVING_ACTIONS = frozenset({"walk", "run", "walk_stop", "swim", "drive", "park"})

_LAND_ACTIONS = ("stand", "walk", "run", "walk_toward", "walk_stop", "jump", "attack")
_KIND_ACTIONS: dict[Kind, tuple[str, ...]] = {
    "animal": (*_LAND_ACTIONS, "eat", "drink"),
    "person": (*_LAND_ACTIONS, "sit", "cheer"),
    "dinosaur": _LAND_ACTIONS,
    "fish": ("swim",),
    "car": ("drive", "park"),
}

_LAND_PLACES = ("meadow", "forest", "autumn", "desert", "snow", "street", "lake", "night")
_KIND_PLACES: dict[Kind, tuple[str, ...]] = {
    "animal": _LAND_PLACES,
    "person": _LAND_PLACES,
    "dinosaur": _LAND_PLACES,
    "fish": ("underwater",),
    "car": ("street", "desert", "snow", "night"),
}


def kind_of(subject: str) -> Kind:
    """What kind of subject one of SUBJECTS or GUESTS is."""
    return SUBJECT_KINDS[subject] if subject in SUBJECT_KINDS else GUEST_KINDS[subject]


def actions_of(subject: str) -> tuple[str, ...]:
    """The actions that a subject can do."""
    lacks = _LACKS.get(subject, frozenset())
    return tuple(a for a in _KIND_ACTIONS[kind_of(subject)] if a not in lacks)


def places_of(subject: str, action: str) -> tuple[str, ...]:
    """The places where a subject can do an action; water to drink is only at the lake."""
    places = _KIND_PLACES[kind_of(subject)]
    return ("lake",) if action == "drink" else places


def directions_of(action: str) -> tuple[str, ...]:
    """Directions that a scene of this action may have; the plate decides for a drinker."""
    return ("toward",) if action == "walk_toward" else ("left", "right")
