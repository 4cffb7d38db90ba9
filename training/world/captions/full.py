"""Tells a scene of the full world in English or Chinese, always truly."""

import re
from typing import NamedTuple

import numpy as np

from training.world.captions.choice import LANGUAGES, Caption, capital, finish, pick, synonym
from training.world.captions.full_nouns import naming, noun_states
from training.world.captions.full_words import all_caption_words, example_prompts, rate_words
from training.world.captions.templates import (
    ACTIONLESS_TEMPLATES,
    HELD_OUT_TEMPLATES,
    TEMPLATES,
)
from training.world.full.catalog import SUBJECTS
from training.world.full.places import PLACES, place_phrases
from training.world.full.settings import CAMERAS, TIMES, WEATHERS, Words
from training.world.full.verbs import verb_of
from training.world.phrases import DIRECTION_PHRASES
from training.world.scene_graph import Scene

__all__ = [
    "HELD_OUT_TEMPLATES",
    "actionless_caption",
    "all_caption_words",
    "example_prompts",
    "plain_caption",
    "rate_words",
    "stated_caption",
]

_DIRECTION_SHARE = 0.8
# How often captions tell what differs from a plain day, and that it is day.
_SETTING_SHARE, _DAY_SHARE = 0.88, 0.1
# How often the time of day stands at the beginning.
_FIRST_SHARE = 0.2


class Setting(NamedTuple):
    """What is told beside who, what and where; empty when it is left out."""

    time: str
    weather: str
    camera: str


def stated_caption(
    scene: Scene, rng: np.random.Generator, language: str, held_out: bool
) -> Caption:
    """A caption in the language and what it states; `held_out` takes the untrained template."""
    if held_out:
        template = HELD_OUT_TEMPLATES[language]
    else:
        texts, weights = zip(*TEMPLATES[language], strict=True)
        template = texts[pick(rng, weights)]
    return _fill(scene, template, language, rng)


def actionless_caption(scene: Scene, rng: np.random.Generator, language: str) -> str:
    """Who acts, or where, or both, with or without the setting, but not what happens."""
    templates = ACTIONLESS_TEMPLATES[language]
    return _fill(scene, templates[int(rng.integers(len(templates)))], language, rng).text


def plain_caption(scene: Scene, language: str) -> str:
    """The plainest full sentence that tells everything, e.g. "A lion walks to the left at the lake
    at night."."""
    template = {"en": "{subj} {act} {place}", "zh": "{noun}{place}{act}"}[language]
    text = _fill(scene, template, language, None).text
    return capital(text) + "." if language == "en" else text + "。"


def _fill(scene: Scene, template: str, language: str, rng: np.random.Generator | None) -> Caption:
    """Fill a template's slots, add the setting, finish case and full stop."""
    side = LANGUAGES.index(language)
    states = {"subject", "action"} | ({"place"} if "{place}" in template else set())
    slots = naming(scene, language, rng)
    states |= noun_states(scene, slots)
    act, ing, now = _verb_forms(scene, side, slots, rng, states)
    place = place_phrases(scene.place, scene.action)[side]
    setting = _setting(scene, side, rng, states)
    slots |= {"act": act, "ing": ing, "now": now, "place": place[synonym(rng, len(place))]}
    join = _english if language == "en" else _chinese
    text = join(template, slots, setting, rng)
    return Caption(finish(text, language, rng), language, frozenset(states))


def _verb_forms(
    scene: Scene,
    side: int,
    slots: dict[str, str],
    rng: np.random.Generator | None,
    states: set[str],
) -> tuple[str, str, str]:
    """Finite form, -ing form (with 正在) and 正, with direction, second subject and thing."""
    verb = verb_of(scene.subject, SUBJECTS[scene.subject].kind, scene.action)
    form = verb[side][synonym(rng, len(verb[side]))]
    direction = ""
    if "{dir}" in form[0] and scene.direction in DIRECTION_PHRASES:
        phrases = DIRECTION_PHRASES[scene.direction][side]
        if rng is None or rng.random() < _DIRECTION_SHARE:
            direction = phrases[synonym(rng, len(phrases))]
            states.add("direction")
    words = {"dir": direction, "other": slots["other"], "prop": slots["prop"]}
    act = form[0].format(**words).strip()
    if side == 0:
        return act, form[1].format(**words).strip(), ""
    return act, f"正在{act}" if form[1] else act, "正" if form[1] else ""


def _setting(scene: Scene, side: int, rng: np.random.Generator | None, states: set[str]) -> Setting:
    """Phrases of time, weather and camera; a plain day, clear and still, is mostly left out."""
    place = PLACES[scene.place]
    told = {"time": "", "weather": "", "camera": ""}
    groups: tuple[tuple[str, str, dict[str, Words], str], ...] = (
        ("time", scene.time, TIMES, "day"),
        ("weather", scene.weather, WEATHERS, "clear"),
        ("camera", scene.camera, CAMERAS, "still"),
    )
    for name, value, words, plain in groups:
        phrases = words[value][side]
        if not phrases or (name == "time" and len(place.times) == 1):
            continue
        share = _DAY_SHARE if value == plain else _SETTING_SHARE
        if value != plain if rng is None else rng.random() < share:
            told[name] = phrases[synonym(rng, len(phrases))]
            states.add(name)
    return Setting(**told)


def _english(
    template: str, slots: dict[str, str], setting: Setting, rng: np.random.Generator | None
) -> str:
    """ "at the lake at night in the rain"; the camera comes last."""
    time = setting.time
    early = ""
    if time and not template.startswith("{place}") and rng is not None:
        early, time = (f"{time}, ", "") if rng.random() < _FIRST_SHARE else ("", time)
    tail = " ".join(filter(None, (time, setting.weather)))
    if "{place}" in template:
        text = template.format(**{**slots, "place": f"{slots['place']} {tail}".strip()})
    else:
        text = f"{template.format(**slots)} {tail}"
    text = re.sub(r" {2,}", " ", early + text).strip()
    text = text.replace(" ,", ",").replace(" .", ".")
    if setting.camera:
        stop = ". " if rng is not None and rng.random() < 0.4 else ", "
        text += stop + setting.camera
    return text


def _chinese(
    template: str, slots: dict[str, str], setting: Setting, rng: np.random.Generator | None
) -> str:
    """夜晚，狮子在湖边喝水，下着雨，镜头推近: time first, camera last, weather on either side."""
    before, after = [], []
    if setting.time:
        before.append(setting.time)
    if setting.weather:
        early = rng is not None and rng.random() < 0.35
        (before if early else after).append(setting.weather)
    if setting.camera:
        after.append(setting.camera)
    return "，".join([*before, template.format(**slots), *after])
