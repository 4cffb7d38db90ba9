"""Tells a scene of the `cpu` subset in English or Chinese, always truly."""

import re
from dataclasses import replace

import numpy as np

from training.world.captions.choice import LANGUAGES, Caption, capital, finish, pick, synonym
from training.world.captions.templates import ACTIONLESS_TEMPLATES
from training.world.catalog import kind_of
from training.world.phrases import (
    CAR_PLACES,
    DIRECTION_PHRASES,
    GUEST_NOUNS,
    NOUNS,
    PLACE_PHRASES,
    SUBJECT_VERBS,
    VERBS,
    Noun,
    Verb,
)
from training.world.scene_graph import Scene

_ALL_NOUNS = NOUNS | GUEST_NOUNS
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


def stated_caption(
    scene: Scene, rng: np.random.Generator, language: str, held_out: bool
) -> Caption:
    """A caption in the language and what it states; `held_out` takes the untrained template. Front
    views, which show no action, are told without one."""
    if scene.action == "stand" and scene.direction == "toward":
        return _actionless(scene, rng, language)
    if held_out:
        template = HELD_OUT_TEMPLATES[language]
    else:
        texts, weights = zip(*_TEMPLATES[language], strict=True)
        template = texts[pick(rng, weights)]
    return _fill(scene, template, language, rng)


def actionless_caption(scene: Scene, rng: np.random.Generator, language: str) -> str:
    """Who acts, or where, or both, but not what happens."""
    return _actionless(scene, rng, language).text


def _actionless(scene: Scene, rng: np.random.Generator, language: str) -> Caption:
    templates = ACTIONLESS_TEMPLATES[language]
    template = templates[int(rng.integers(len(templates)))]
    slots = {"subject": ("{subj}", "{noun}"), "place": ("{place}",)}
    states = {label for label, names in slots.items() if any(name in template for name in names)}
    return replace(_fill(scene, template, language, rng), states=frozenset(states))


def plain_caption(scene: Scene, language: str) -> str:
    """The scene's plainest full sentence, e.g. "A lion drinks water at the lake."."""
    template = {"en": "{subj} {act} {place}", "zh": "{noun}{place}{act}"}[language]
    text = _fill(scene, template, language, None).text
    return capital(text) + "." if language == "en" else text + "。"


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


def _verb(scene: Scene) -> Verb:
    own = SUBJECT_VERBS.get((scene.subject, scene.action))
    general = VERBS[scene.action]
    return Verb(general.en + own.en, general.zh + own.zh) if own else general


def _places(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind_of(scene.subject) == "car" and scene.place in CAR_PLACES:
        return CAR_PLACES[scene.place]
    return PLACE_PHRASES[scene.place]


def _fill(scene: Scene, template: str, language: str, rng: np.random.Generator | None) -> Caption:
    """Fill a template's slots and finish case and full stop."""
    side = LANGUAGES.index(language)
    noun, verb = _ALL_NOUNS[scene.subject], _verb(scene)
    states = {"subject", "action"} | ({"place"} if "{place}" in template else set())
    place = _places(scene)[side]
    slots = {"place": place[synonym(rng, len(place))]}
    forms = verb[side]
    form = forms[synonym(rng, len(forms))]
    direction = ""
    may_name = "{dir}" in form[0] and scene.direction in DIRECTION_PHRASES
    if may_name and (rng is None or rng.random() < _DIRECTION_SHARE):
        phrases = DIRECTION_PHRASES[scene.direction][side]
        direction = phrases[synonym(rng, len(phrases))]
        states.add("direction")
    if language == "en":
        slots |= _english_slots(noun, form, direction, rng)
    else:
        slots |= _chinese_slots(noun, form, direction, rng)
    text = re.sub(r" {2,}", " ", template.format(**slots)).strip()
    text = text.replace(" ,", ",").replace(" .", ".")
    return Caption(finish(text, language, rng), language, frozenset(states))


def _english_slots(
    noun: Noun, form: tuple[str, str], direction: str, rng: np.random.Generator | None
) -> dict[str, str]:
    name = noun.en[synonym(rng, len(noun.en))]
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
    measure, name = noun.zh[synonym(rng, len(noun.zh))]
    act = form[0].format(dir=direction)
    return {
        "subj": f"一{measure}{name}",
        "noun": name,
        "act": act,
        "ing": f"正在{act}" if form[1] else act,
        "now": "正" if form[1] else "",
        "it": noun.pronoun_zh,
    }
