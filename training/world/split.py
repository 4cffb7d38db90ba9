"""Which subject-action and subject-place pairs are kept out of training, by hash."""

import hashlib

from training.world.catalog import SUBJECTS, actions_of, places_of

_ACTION_SHARE = 0.10
_PLACE_SHARE = 0.05
# Always trained: the prompts that the product shows first.
_TRAINED = frozenset({("lion", "drink"), ("lion", "lake"), ("lion", "walk")})


def fraction(*names: str) -> float:
    """A stable number in 0..1 for these names."""
    digest = hashlib.sha256("|".join(("flipbook-split-539", *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_held_out(subject: str, action: str, place: str) -> bool:
    """True when the pair (subject, action) or (subject, place) is never trained."""
    if len(actions_of(subject)) > 2:
        trained_action = (subject, action) in _TRAINED
        if not trained_action and fraction("action", subject, action) < _ACTION_SHARE:
            return True
    # Drinking happens at one place only, so there the place is not a choice of the scene.
    if (subject, place) in _TRAINED or len(places_of(subject, action)) == 1:
        return False
    return fraction("place", subject, place) < _PLACE_SHARE


def combinations(
    held_out: bool, subjects: tuple[str, ...] = SUBJECTS
) -> list[tuple[str, str, str]]:
    """All possible (subject, action, place) of one side of the split, in catalog order."""
    return [
        (subject, action, place)
        for subject in subjects
        for action in actions_of(subject)
        for place in places_of(subject, action)
        if is_held_out(subject, action, place) == held_out
    ]
