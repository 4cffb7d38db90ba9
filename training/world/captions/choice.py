"""What all captions share: the result, and random choices (the plainest without a source)."""

from dataclasses import dataclass

import numpy as np

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Caption:
    """A caption and what it states."""

    text: str
    language: str
    # What the text determines: any of "subject", "action", "place", "direction", "colour",
    # "time", "weather", "camera".
    states: frozenset[str]


def pick(rng: np.random.Generator | None, weights: tuple[float, ...]) -> int:
    """Index drawn in proportion to the weights; the first one without a random source."""
    if rng is None:
        return 0
    point = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return len(weights) - 1


def synonym(rng: np.random.Generator | None, count: int) -> int:
    """Index of one of `count` synonyms; the plain one, 0, is the likeliest."""
    return pick(rng, (2.0, *([1.0] * (count - 1))))


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def finish(text: str, language: str, rng: np.random.Generator | None) -> str:
    """Vary the capital letter and the full stop as people do."""
    if rng is None:
        return text
    if language == "zh":
        return text + ("。" if rng.random() < 0.5 else "")
    style = rng.random()
    if style < 0.55:
        text = ". ".join(capital(part) for part in text.split(". "))
    return text + ("." if rng.random() < 0.5 else "")
