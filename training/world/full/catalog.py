"""What goes together in the full world: who does what, where, in which colour, with whom.

The order of `SUBJECTS`, `ACTIONS` and `PLACES` is the order of class labels: append, never reorder.
"""

from functools import cache

from training.world.full.actions import ACTIONS, KIND_ACTIONS, PAIRED
from training.world.full.billboards import BILLBOARDS
from training.world.full.places import (
    ACTION_GROUND,
    ACTION_PLACES,
    KIND_GROUND,
    PLACES,
    PLACES_WITHOUT,
)
from training.world.full.settings import COLOURS
from training.world.full.subject import Subject
from training.world.full.subjects_3d import SUBJECTS_3D

SUBJECTS: dict[str, Subject] = {**SUBJECTS_3D, **BILLBOARDS}
# Layouts that scenes draw; plates wrap around when fewer are rendered.
LAYOUTS = 24

# Kinds that walk together; vehicles drive together.
_WALKERS = frozenset({"animal", "person", "dinosaur", "critter"})


@cache
def actions_of(subject: str) -> tuple[str, ...]:
    """The actions that a subject can do, in catalog order."""
    entry = SUBJECTS[subject]
    names = {*KIND_ACTIONS[entry.kind], *entry.extra} - set(entry.lacks)
    return tuple(name for name in ACTIONS if name in names)


@cache
def places_of(subject: str, action: str) -> tuple[str, ...]:
    """The places where a subject can do an action, in catalog order."""
    kind = SUBJECTS[subject].kind
    ground = ACTION_GROUND.get(action, KIND_GROUND[kind])
    allowed = ACTION_PLACES.get(action, tuple(PLACES))
    return tuple(
        name
        for name, place in PLACES.items()
        if ground in place.grounds and name in allowed and kind not in PLACES_WITHOUT.get(name, ())
    )


@cache
def colours_of(subject: str) -> tuple[str, ...]:
    """The colours that a subject can be given, without its natural one."""
    entry = SUBJECTS[subject]
    return tuple(name for name in COLOURS if entry.recolours and name != entry.colour)


@cache
def others_of(subject: str, action: str) -> tuple[str, ...]:
    """Second subjects that fit an action of two; none for other actions."""
    if action not in PAIRED:
        return ()
    kind = SUBJECTS[subject].kind
    if kind in _WALKERS:
        return tuple(
            name
            for name, entry in SUBJECTS.items()
            if entry.kind in _WALKERS and name != subject and action in actions_of(name)
        )
    return tuple(name for name, entry in SUBJECTS.items() if entry.kind == kind and name != subject)
