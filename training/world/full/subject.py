"""What a subject of the full world is, in the words of the catalog's tables."""

from typing import NamedTuple

from training.world.phrases import Noun


class Subject(NamedTuple):
    """One subject of the full world."""

    # animal, person, dinosaur, critter, fish, car, boat, flyer, or of the billboards: creature,
    # wheels, wings, swimmer, waterbird, ball, thing, plant.
    kind: str
    noun: Noun
    # The colour that it is rendered in; None where no single colour word is true.
    colour: str | None
    # Whether its coat (a person's shirt) takes other colours.
    recolours: bool
    # Actions beside or instead of those of the kind.
    extra: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def subject(
    kind: str,
    english: str,
    chinese: str,
    colour: str | None = None,
    recolours: bool = False,
    extra: tuple[str, ...] = (),
    lacks: tuple[str, ...] = (),
    pronouns: tuple[str, str] = ("it", "它"),
) -> Subject:
    """`english`: names apart by "/". `chinese`: measure word, blank, names apart by "/"."""
    measure, names = chinese.split()
    nouns = tuple((measure, name) for name in names.split("/"))
    noun = Noun(tuple(english.split("/")), nouns, *pronouns)
    return Subject(kind, noun, colour, recolours, extra, lacks)
