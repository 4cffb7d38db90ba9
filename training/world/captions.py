"""Tells a scene in English or Chinese, always truly."""

import re
from dataclasses import dataclass

import numpy as np

from training.world.catalog import SUBJECT_KINDS
from training.world.phrases import (
    CAR_PLACES,
    DIRECTION_PHRASES,
    NOUNS,
    PLACE_PHRASES,
    SUBJECT_VERBS,
    VERBS,
    Noun,
    Verb,
)
from training.world.scene import Scene

LANGUAGES = ("en", "zh")
# Share of captions of moving subjects that name the direction.
_DIRECTION_SHARE = 0.8

# Slots: subj "a lion"/"the lion"/一头狮子, noun "lion"/狮子, act "drinks water"/喝水,
# ing "drinking water"/正在喝水, now 正, place "at the lake"/在湖边, it "it"/它, one "a lion".
# Templates with {place} weigh more: most prompts say where.
_TEMPLATES: dict[str, tuple[tuple[str, float], ...]] = {
    "en": (
        ("{subj} {act} {place}", 4.0),
        ("{subj} is {ing} {place}", 2.0),
        ("{place}, {subj} {act}", 1.5),
        ("{place}, {subj} is {ing}", 0.7),
        ("a video of {subj} {ing} {place}", 1.0),
        ("{subj} {ing} {place}", 1.5),
        ("there is {one} {place}. {it} {act}", 0.7),
        ("{noun} {ing} {place}", 0.8),
        ("{noun} {ing}", 0.7),
        ("{subj} {act}", 0.7),
        ("{subj} is {ing}", 0.4),
    ),
    "zh": (
        ("{noun}{place}{act}", 3.0),
        ("{subj}{place}{act}", 3.0),
        ("{place}，{subj}{act}", 1.5),
        ("{place}，{noun}{act}", 0.7),
        ("{place}，{subj}{ing}", 1.0),
        ("一段{subj}{place}{act}的视频", 1.0),
        ("{place}有{subj}，{it}{act}", 0.7),
        ("{noun}{now}{place}{act}", 1.2),
        ("{noun}{act}", 0.7),
        ("{subj}{act}", 0.7),
        ("{subj}{ing}", 0.5),
    ),
}
# Never used in training: they measure whether new word order is understood.
HELD_OUT_TEMPLATES = {
    "en": "we see {subj} {place} and {it} is {ing}",
    "zh": "画面中，{noun}{now}{place}{act}",
}


@dataclass(frozen=True)
class Caption:
    """A caption and what it states."""

    text: str
    language: str
    # Scene labels that the text determines: any of "subject", "action", "place", "direction".
    states: frozenset[str]


def caption(scene: Scene, rng: np.random.Generator, language: str | None = None) -> str:
    """A true caption of the scene; half English, half Chinese unless a language is given."""
    return stated_caption(scene, rng, language).text


def stated_caption(
    scene: Scene, rng: np.random.Generator, language: str | None = None, held_out: bool = False
) -> Caption:
    """Like `caption`, with the labels that it states; `held_out` takes the untrained template."""
    language = language or LANGUAGES[int(rng.integers(2))]
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r}")
    if held_out:
        template = HELD_OUT_TEMPLATES[language]
    else:
        texts, weights = zip(*_TEMPLATES[language], strict=True)
        template = texts[_pick(rng, weights)]
    return _fill(scene, template, language, rng)


def plain_caption(scene: Scene, language: str) -> str:
    """The scene's plainest full sentence, e.g. "A lion drinks water at the lake."."""
    template = {"en": "{subj} {act} {place}", "zh": "{noun}{place}{act}"}[language]
    text = _fill(scene, template, language, None).text
    return _capital(text) + "." if language == "en" else text + "。"


def example_prompts() -> list[tuple[str, str]]:
    """Prompts (text, language) that the trained world covers, for the app's gallery."""
    return [
        ("A lion drinks water at the lake.", "en"),
        ("狮子在湖边喝水。", "zh"),
        ("A brown horse runs to the left in the desert.", "en"),
        ("一只狐狸在雪地里跳起来。", "zh"),
        ("A knight sits down in the forest.", "en"),
        ("一条小丑鱼在海里向右游。", "zh"),
        ("A green dinosaur walks to the right on the grass.", "en"),
        ("出租车在街道上向左行驶。", "zh"),
        ("A cow walks toward the camera on the grass.", "en"),
        ("巫师在秋天的树林里欢呼。", "zh"),
    ]


def rate_words() -> dict[str, int]:
    """The key frame rate (fps) at which five frames cover a named action; all take a whole clip."""
    return {word: 1 for word in ("drink", "drinks", "drinking", "喝水")}


def all_caption_words() -> dict[str, list[str]]:
    """The words captions are made of: English single words, Chinese words and phrases."""
    texts: dict[str, set[str]] = {"en": set(), "zh": set()}
    for noun in NOUNS.values():
        texts["en"].update(noun.en)
        texts["zh"].update(word for pair in noun.zh for word in pair)
    for verb in (*VERBS.values(), *SUBJECT_VERBS.values()):
        texts["en"].update(form for pair in verb.en for form in pair)
        texts["zh"].update(phrase for phrase, _ in verb.zh)
    for english, chinese in (
        *PLACE_PHRASES.values(),
        *CAR_PLACES.values(),
        *DIRECTION_PHRASES.values(),
    ):
        texts["en"].update(english)
        texts["zh"].update(chinese)
    texts["en"].update(template for template, _ in _TEMPLATES["en"])
    texts["en"].update(("a", "an", "the", "it", "he"))
    texts["zh"].update(("一", "正在", "有", "它", "他", "一段", "的视频"))
    slots = re.compile(r"\{\w+\}")
    english_words = {
        word for text in texts["en"] for word in re.findall(r"[a-z][a-z-]*", slots.sub(" ", text))
    }
    chinese_words = {slots.sub("", text) for text in texts["zh"]}
    # A place phrase is also known without its preposition.
    chinese_words |= {w[1:] for w in chinese_words if w.startswith("在") and len(w) > 2}
    return {"en": sorted(english_words), "zh": sorted(chinese_words - {""})}


def _pick(rng: np.random.Generator | None, weights: tuple[float, ...]) -> int:
    """Index drawn in proportion to the weights; the first one without a random source."""
    if rng is None:
        return 0
    point = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return len(weights) - 1


def _synonym(rng: np.random.Generator | None, count: int) -> int:
    """Index of a synonym; the plain one is the likeliest."""
    return _pick(rng, (2.0, *([1.0] * (count - 1))))


def _verb(scene: Scene) -> Verb:
    own = SUBJECT_VERBS.get((scene.subject, scene.action))
    general = VERBS[scene.action]
    return Verb(general.en + own.en, general.zh + own.zh) if own else general


def _places(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if SUBJECT_KINDS[scene.subject] == "car" and scene.place in CAR_PLACES:
        return CAR_PLACES[scene.place]
    return PLACE_PHRASES[scene.place]


def _fill(scene: Scene, template: str, language: str, rng: np.random.Generator | None) -> Caption:
    """Fill a template's slots and finish case and full stop."""
    side = LANGUAGES.index(language)
    noun, verb = NOUNS[scene.subject], _verb(scene)
    states = {"subject", "action"} | ({"place"} if "{place}" in template else set())
    place = _places(scene)[side]
    slots = {"place": place[_synonym(rng, len(place))]}
    forms = verb[side]
    form = forms[_synonym(rng, len(forms))]
    direction = ""
    may_name = "{dir}" in form[0] and scene.direction in DIRECTION_PHRASES
    if may_name and (rng is None or rng.random() < _DIRECTION_SHARE):
        phrases = DIRECTION_PHRASES[scene.direction][side]
        direction = phrases[_synonym(rng, len(phrases))]
        states.add("direction")
    if language == "en":
        slots |= _english_slots(noun, form, direction, rng)
    else:
        slots |= _chinese_slots(noun, form, direction, rng)
    text = re.sub(r" {2,}", " ", template.format(**slots)).strip()
    text = text.replace(" ,", ",").replace(" .", ".")
    return Caption(_finish(text, language, rng), language, frozenset(states))


def _english_slots(
    noun: Noun, form: tuple[str, str], direction: str, rng: np.random.Generator | None
) -> dict[str, str]:
    name = noun.en[_synonym(rng, len(noun.en))]
    one = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    named_before = rng is not None and rng.random() < 0.25
    act, ing = (text.format(dir=direction).strip() for text in form)
    return {
        "subj": f"the {name}" if named_before else one,
        "one": one,
        "noun": name,
        "act": act,
        "ing": ing,
        "it": noun.pronoun_en,
    }


def _chinese_slots(
    noun: Noun, form: tuple[str, bool], direction: str, rng: np.random.Generator | None
) -> dict[str, str]:
    measure, name = noun.zh[_synonym(rng, len(noun.zh))]
    act = form[0].format(dir=direction)
    return {
        "subj": f"一{measure}{name}",
        "noun": name,
        "act": act,
        "ing": f"正在{act}" if form[1] else act,
        "now": "正" if form[1] else "",
        "it": noun.pronoun_zh,
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finish(text: str, language: str, rng: np.random.Generator | None) -> str:
    """Vary the capital letter and the full stop as people do."""
    if rng is None:
        return text
    if language == "zh":
        return text + ("。" if rng.random() < 0.5 else "")
    style = rng.random()
    if style < 0.55:
        text = ". ".join(_capital(part) for part in text.split(". "))
    return text + ("." if rng.random() < 0.5 else "")
