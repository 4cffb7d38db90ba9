"""Captions say only what the scene shows, in both languages."""

import re

import numpy as np
import pytest

from training.world.captions import (
    all_caption_words,
    caption,
    example_prompts,
    known_things,
    plain_caption,
    stated_caption,
)
from training.world.captions.cpu import _TEMPLATES, HELD_OUT_TEMPLATES
from training.world.catalog import SUBJECT_KINDS, SUBJECTS
from training.world.phrases import CAR_PLACES, DIRECTION_PHRASES, NOUNS, PLACE_PHRASES
from training.world.scene import Scene, sample_scene


def scenes(count):
    rng = np.random.default_rng(5)
    return [sample_scene(rng) for _ in range(count)]


def names(subject):
    noun = NOUNS[subject]
    return set(noun.en) | {zh for _, zh in noun.zh}


def mentions(text, phrase):
    if re.fullmatch(r"[a-z \-]+", phrase):
        return re.search(rf"\b{re.escape(phrase)}\b", text.lower()) is not None
    return phrase in text


def test_half_of_the_captions_are_chinese():
    rng = np.random.default_rng(0)
    texts = [caption(scene, rng) for scene in scenes(1000)]
    chinese = sum(bool(re.search("[\u4e00-\u9fff]", text)) for text in texts)
    assert 400 < chinese < 600


def test_no_slot_or_doubled_blank_is_left():
    rng = np.random.default_rng(1)
    for scene in scenes(3000):
        text = caption(scene, rng)
        assert not re.search(r"[{}]|  | [.,]|^\s|\s$", text), text


def test_a_language_holds_to_its_script():
    rng = np.random.default_rng(2)
    for scene in scenes(500):
        assert re.fullmatch(r"[A-Za-z ,.\-]+", caption(scene, rng, "en"))
        assert re.fullmatch("[\u4e00-\u9fff，。]+", caption(scene, rng, "zh"))


def test_every_caption_names_its_own_subject():
    rng = np.random.default_rng(3)
    for scene in scenes(2000):
        text = caption(scene, rng)
        assert any(mentions(text, name) for name in names(scene.subject)), text


def test_no_caption_names_another_place_or_direction():
    rng = np.random.default_rng(4)
    own_overlap = {"night": {"on the grass", "in the meadow"}}
    for scene in scenes(3000):
        said = stated_caption(scene, rng)
        for place, sides in PLACE_PHRASES.items():
            if place == scene.place:
                continue
            for phrase in (*sides[0], *sides[1]):
                if phrase in own_overlap.get(scene.place, ()):
                    continue
                assert not mentions(said.text, phrase), (said.text, scene)
        opposite = {"left": "right", "right": "left"}.get(scene.direction)
        if opposite:
            plain = [p for side in DIRECTION_PHRASES[opposite] for p in side if len(p) > 5]
            assert not any(mentions(said.text, p) for p in plain), (said.text, scene)


def test_stated_labels_are_in_the_text():
    rng = np.random.default_rng(6)
    for scene in scenes(2000):
        said = stated_caption(scene, rng)
        places = [*PLACE_PHRASES[scene.place], *CAR_PLACES.get(scene.place, ())]
        named = any(mentions(said.text, p) for side in places for p in side)
        assert named == ("place" in said.states), said
        if "direction" in said.states:
            sides = DIRECTION_PHRASES[scene.direction]
            assert any(mentions(said.text, p) for side in sides for p in side), said


def test_moving_captions_mostly_name_the_direction():
    rng = np.random.default_rng(7)
    moving = [s for s in scenes(4000) if s.moves]
    share = np.mean(["direction" in stated_caption(s, rng).states for s in moving])
    assert share >= 0.7


def test_the_held_out_template_is_never_trained_but_available():
    rng = np.random.default_rng(8)
    assert "we see" not in " ".join(caption(s, rng, "en") for s in scenes(800)).lower()
    assert "画面" not in "".join(caption(s, rng, "zh") for s in scenes(800))
    scene = scenes(1)[0]
    assert "see" in stated_caption(scene, rng, "en", held_out=True).text.lower()
    assert stated_caption(scene, rng, "zh", held_out=True).text.startswith("画面中")
    for language, template in HELD_OUT_TEMPLATES.items():
        assert template not in [text for text, _ in _TEMPLATES[language]]


def test_plain_caption_of_the_flagship():
    scene = Scene("lion", "drink", "lake", 0, "left", 1.0, 0)
    assert plain_caption(scene, "en") == "A lion drinks water at the lake."
    assert plain_caption(scene, "zh") == "狮子在湖边喝水。"
    car = Scene("car", "drive", "snow", 0, "left", 1.0, 0)
    assert plain_caption(car, "en") == "A red car drives to the left in the snow."
    assert plain_caption(car, "zh") == "红色汽车在雪地里向左行驶。"


def test_captions_are_repeatable_and_varied():
    scene = Scene("lion", "drink", "lake", 0, "left", 1.0, 0)
    texts = [caption(scene, np.random.default_rng(i)) for i in range(300)]
    assert texts == [caption(scene, np.random.default_rng(i)) for i in range(300)]
    assert len(set(texts)) > 100


def test_known_words_cover_the_captions():
    words = all_caption_words()
    english = set(words["en"])
    rng = np.random.default_rng(9)
    for scene in scenes(1500):
        text = caption(scene, rng, "en").lower()
        assert set(re.findall(r"[a-z][a-z-]*", text)) <= english
        rest = caption(scene, rng, "zh")
        for phrase in sorted(words["zh"], key=len, reverse=True):
            rest = rest.replace(phrase, "|")
        assert re.fullmatch(r"[|，。一正头只匹名个位条辆]*", rest), rest


def test_examples_are_in_both_languages_and_about_known_subjects():
    examples = example_prompts()
    assert {language for _, language in examples} == {"en", "zh"}
    for text, language in examples:
        pool = [n for s in SUBJECTS for n in names(s)]
        assert any(mentions(text, name) for name in pool), text
        assert bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh")


def test_an_unknown_language_is_an_error():
    with pytest.raises(ValueError, match="language"):
        caption(scenes(1)[0], np.random.default_rng(0), "fr")


def test_every_subject_has_a_name():
    assert set(NOUNS) == set(SUBJECT_KINDS)


def test_known_things_have_words_and_examples_that_use_known_words():
    things = known_things("cpu")
    assert [len(things[group]) for group in ("subjects", "actions", "places")] == [14, 14, 8]
    assert [entry["id"] for entry in things["times"]] == ["night"]
    words = set(all_caption_words()["en"])
    for entry in (entry for group in things.values() for entry in group):
        assert set(re.findall(r"[a-z][a-z-]*", entry["exampleEn"].lower())) <= words, entry
        assert re.search("[\u4e00-\u9fff]", entry["zh"]) and entry["zh"] in entry["exampleZh"]


def test_an_unknown_subset_is_an_error():
    with pytest.raises(ValueError, match="cpu"):
        known_things("huge")
