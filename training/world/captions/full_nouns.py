"""Names of subjects and things of the full world in captions, with colours."""

import numpy as np

from training.world.captions.choice import synonym
from training.world.full.catalog import SUBJECTS
from training.world.full.settings import COLOURS
from training.world.scene_graph import Scene

# How often captions tell a colour: one that was given, and the natural one.
_GIVEN_SHARE, _NATURAL_SHARE = 0.9, 0.2
_NAMED_BEFORE_SHARE = 0.25
# Their shirts change colour, not they.
_IN_SHIRTS = frozenset({"man", "woman"})


def naming(scene: Scene, language: str, rng: np.random.Generator | None) -> dict[str, str]:
    """Slots subj, one, noun, it, other and prop, and colour (empty when it is not told)."""
    subject = SUBJECTS[scene.subject]
    colour = _told_colour(scene, rng)
    if language == "en":
        name = _english_name(scene.subject, colour, rng)
        one = with_article(name)
        before = rng is not None and rng.random() < _NAMED_BEFORE_SHARE
        slots = {"subj": f"the {name}" if before else one, "one": one, "noun": name}
        slots["it"] = subject.noun.pronoun_en
    else:
        measure, name = _chinese_name(scene.subject, colour, rng)
        slots = {"subj": f"一{measure}{name}", "one": f"一{measure}{name}", "noun": name}
        slots["it"] = subject.noun.pronoun_zh
    slots["other"] = _second(scene.other, language, rng)
    slots["prop"] = _second(scene.prop, language, rng)
    return slots | {"colour": colour or ""}


def noun_states(scene: Scene, slots: dict[str, str]) -> set[str]:
    """What the names state beside the subject."""
    states = {"colour"} if slots["colour"] else set()
    return states | ({"other"} if scene.other else set()) | ({"prop"} if scene.prop else set())


def with_article(name: str) -> str:
    """The English name with "a" or "an"."""
    vowel = name[0] in "aeiou" and not name.startswith("ufo")
    return f"{'an' if vowel else 'a'} {name}"


def _told_colour(scene: Scene, rng: np.random.Generator | None) -> str | None:
    """The colour that the caption tells; None = none."""
    if rng is None:
        return scene.colour
    if scene.colour:
        return scene.colour if rng.random() < _GIVEN_SHARE else None
    subject = SUBJECTS[scene.subject]
    return subject.colour if rng.random() < _NATURAL_SHARE else None


def _english_name(subject: str, colour: str | None, rng: np.random.Generator | None) -> str:
    nouns = SUBJECTS[subject].noun.en
    name = nouns[synonym(rng, len(nouns))]
    if colour is None or COLOURS[colour].en in name.split():
        return name
    word = COLOURS[colour].en
    return f"{name} in {with_article(word)} shirt" if subject in _IN_SHIRTS else f"{word} {name}"


def _chinese_name(
    subject: str, colour: str | None, rng: np.random.Generator | None
) -> tuple[str, str]:
    """Measure word and name."""
    nouns = SUBJECTS[subject].noun.zh
    measure, name = nouns[synonym(rng, len(nouns))]
    if colour is None:
        return measure, name
    word = COLOURS[colour].zh
    if subject in _IN_SHIRTS:
        return measure, f"穿{word}衣服的{name}"
    long = rng is not None and rng.random() < 0.5
    return measure, f"{word}的{name}" if long else f"{word}{name}"


def _second(name: str | None, language: str, rng: np.random.Generator | None) -> str:
    """The second subject or the thing, always named as new: "a cow", 一头奶牛."""
    if name is None:
        return ""
    noun = SUBJECTS[name].noun
    if language == "en":
        return with_article(noun.en[synonym(rng, len(noun.en))])
    measure, word = noun.zh[synonym(rng, len(noun.zh))]
    return f"一{measure}{word}"
