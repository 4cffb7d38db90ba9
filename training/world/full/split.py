"""Which pairs of the full world are kept out of training, by hash."""

from training.world.full.catalog import actions_of, colours_of, places_of
from training.world.split import fraction

_ACTION_SHARE = 0.10
_COLOUR_SHARE = 0.05
_PLACE_SHARE = 0.05
# Always trained: the prompts that the product shows first.
_TRAINED = frozenset({("lion", "drink"), ("lion", "lake"), ("lion", "walk"), ("car", "drive")})


def is_held_out(subject: str, action: str, place: str, colour: str | None = None) -> bool:
    """True when (subject, action), (subject, place) or (subject, colour) is never trained."""
    return (
        action_is_held_out(subject, action)
        or place_is_held_out(subject, action, place)
        or colour_is_held_out(subject, colour)
    )


def action_is_held_out(subject: str, action: str) -> bool:
    """True for a tenth of the (subject, action) pairs; subjects of few actions keep them all."""
    if len(actions_of(subject)) <= 2 or (subject, action) in _TRAINED:
        return False
    return fraction("action", subject, action) < _ACTION_SHARE


def place_is_held_out(subject: str, action: str, place: str) -> bool:
    """True for a twentieth of the (subject, place) pairs, where the place is a choice."""
    if (subject, place) in _TRAINED or len(places_of(subject, action)) == 1:
        return False
    return fraction("place", subject, place) < _PLACE_SHARE


def colour_is_held_out(subject: str, colour: str | None) -> bool:
    """True for a twentieth of the (subject, stated colour) pairs."""
    if colour is None or colour not in colours_of(subject):
        return False
    return fraction("colour", subject, colour) < _COLOUR_SHARE
