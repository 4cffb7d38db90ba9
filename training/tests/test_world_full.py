"""The full world: what goes together, its split, its time lines and its captions."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from training.world.captions import (
    all_caption_words,
    caption,
    example_prompts,
    held_out_templates,
    known_things,
    plain_caption,
    rate_words,
    stated_caption,
)
from training.world.catalog import SUBJECTS as CPU_SUBJECTS
from training.world.dataset import DURATION_TEXTS, key_frame_times
from training.world.full.actions import ACTIONS, PAIRED, PROPS, rate_of
from training.world.full.billboards import BILLBOARDS
from training.world.full.catalog import SUBJECTS, actions_of, colours_of, places_of
from training.world.full.places import OVER_PHRASES, PLACES
from training.world.full.settings import CAMERAS, COLOURS, TIMES, WEATHERS
from training.world.full.split import action_is_held_out, is_held_out
from training.world.full.subjects_3d import SUBJECTS_3D
from training.world.scene import CLIP_SECONDS, core_window, sample_scene, stages
from training.world.scene_graph import Scene
from training.world.subsets import CPU, FULL, labels_of, subset_named


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(5)
    return [sample_scene(rng, "train", "full") for _ in range(3000)]


def names(subject):
    noun = SUBJECTS[subject].noun
    return set(noun.en) | {zh for _, zh in noun.zh}


def mentions(text, phrase):
    if re.fullmatch(r"[a-z \-]+", phrase):
        return re.search(rf"\b{re.escape(phrase)}\b", text.lower()) is not None
    return phrase in text


def test_the_world_is_full():
    assert len(SUBJECTS_3D) >= 45
    assert len(BILLBOARDS) >= 60
    assert len(ACTIONS) >= 30
    assert len(PLACES) >= 16
    assert len(COLOURS) >= 10
    assert len(TIMES) == 4
    assert len(WEATHERS) == 4
    assert len(CAMERAS) == 5
    assert tuple(SUBJECTS)[:14] == CPU_SUBJECTS


def test_everything_is_trained(scenes):
    pairs = {(s, a) for s in SUBJECTS for a in actions_of(s) if not action_is_held_out(s, a)}
    assert {a for _, a in pairs} == set(ACTIONS)
    assert {s for s, _ in pairs} == set(SUBJECTS)
    assert {s.action for s in scenes} == set(ACTIONS)
    assert {s.place for s in scenes} == set(PLACES)
    for name, values in (("time", TIMES), ("weather", WEATHERS), ("camera", CAMERAS)):
        assert {getattr(s, name) for s in scenes} == set(values)
    assert {s.colour for s in scenes} == {None, *COLOURS}


def test_rare_actions_have_their_share(scenes):
    counts = Counter(s.action for s in scenes)
    assert min(counts.values()) > 0.006 * len(scenes)


def test_scenes_only_combine_what_goes_together(scenes):
    for scene in scenes:
        assert scene.action in actions_of(scene.subject)
        assert scene.place in places_of(scene.subject, scene.action)
        assert scene.colour is None or scene.colour in colours_of(scene.subject)
        assert scene.time in PLACES[scene.place].times
        assert scene.weather in PLACES[scene.place].weathers
        assert (scene.other is not None) == (scene.action in PAIRED)
        assert (scene.prop is not None) == (scene.action in PROPS)
        assert scene.other != scene.subject
        assert (scene.direction == "toward") == (scene.action == "walk_toward")


def test_held_out_pairs_are_never_trained(scenes):
    rng = np.random.default_rng(6)
    keys = ("subject", "action", "place", "colour")
    assert not any(is_held_out(*(getattr(s, k) for k in keys)) for s in scenes)
    held_out = [sample_scene(rng, "heldout", "full") for _ in range(200)]
    assert all(is_held_out(*(getattr(s, k) for k in keys)) for s in held_out)


def test_the_shares_of_the_split():
    actions = [(s, a) for s in SUBJECTS for a in actions_of(s)]
    assert 0.06 < np.mean([action_is_held_out(*pair) for pair in actions]) < 0.13
    colours = [(s, c) for s in SUBJECTS for c in colours_of(s)]
    share = np.mean([is_held_out(s, actions_of(s)[0], "meadow", c) for s, c in colours])
    assert 0.03 < share < 0.2
    assert not is_held_out("lion", "drink", "lake")


@pytest.mark.parametrize("action", ACTIONS)
def test_stages_cover_the_clip_and_windows_the_action(action):
    for seed in (0, 8, 16):
        scene = Scene("lion", action, "meadow", 0, "left", 1.0, seed, world="full")
        line = stages(scene)
        assert line[0][1] == 0.0
        assert line[-1][2] == CLIP_SECONDS
        for (_, _, end), (_, start, _) in itertools.pairwise(line):
            assert end == start
        assert all(end > start for _, start, end in line)
        core = core_window(scene)
        if core is not None:
            assert core[1] - core[0] <= 4 / rate_of(action)


def test_key_frames_mostly_have_the_rate_that_covers_the_action(scenes):
    rng = np.random.default_rng(7)
    right = []
    for scene in scenes[:1500]:
        times, text = key_frame_times(scene, rng)
        assert times[0] >= 0 and times[-1] <= CLIP_SECONDS
        right.append(text == DURATION_TEXTS[rate_of(scene.action)])
        core = core_window(scene)
        if right[-1] and core is not None:
            assert times[0] <= core[0] + 1e-9 and times[-1] >= core[1] - 1e-9, scene
    assert np.mean(right) > 0.65


def test_captions_hold_to_their_script_and_name_their_subject(scenes):
    rng = np.random.default_rng(2)
    for scene in scenes[:1500]:
        english, chinese = caption(scene, rng, "en"), caption(scene, rng, "zh")
        assert re.fullmatch(r"[A-Za-z ,.\-]+", english), english
        assert re.fullmatch("[\u4e00-\u9fff，。]+", chinese), chinese
        assert not re.search(r"  | [.,]|^\s|\s$|，，", english + chinese), english + chinese
        for text in (english, chinese):
            assert any(mentions(text, name) for name in names(scene.subject)), text


def test_captions_name_no_other_setting(scenes):
    rng = np.random.default_rng(3)
    groups = (("time", TIMES), ("weather", WEATHERS), ("camera", CAMERAS))
    for scene in scenes[:1500]:
        said = stated_caption(scene, rng)
        for name, group in groups:
            own = getattr(scene, name)
            for value, words in group.items():
                named = any(mentions(said.text, p) for side in words for p in side)
                assert named == (value == own and name in said.states), (said, value)


def test_captions_name_no_other_colour(scenes):
    rng = np.random.default_rng(4)
    for scene in scenes[:1500]:
        said = stated_caption(scene, rng)
        told = {c for c, w in COLOURS.items() if mentions(said.text, w.en) or w.zh in said.text}
        # Names such as "white horse" and 红色的苹果 hold a colour of their own.
        everybody = (scene.subject, scene.other, scene.prop)
        fixed = {c for c, w in COLOURS.items() for s in everybody if s
                 for n in names(s) if w.en in n.split() or w.zh in n}  # fmt: skip
        own = {labels_of(scene)["colour"]} if "colour" in said.states else set()
        assert own <= told | fixed, said
        assert told <= own | fixed, said


def test_captions_name_no_other_place(scenes):
    rng = np.random.default_rng(8)
    # "in the sea" lies in "on the sea" for none of them, but the street is "in the city".
    for scene in scenes[:800]:
        said = stated_caption(scene, rng)
        own = {*PLACES[scene.place].en, *PLACES[scene.place].zh}
        own |= {p for side in OVER_PHRASES.get(scene.place, ()) for p in side}
        assert any(mentions(said.text, p) for p in own) == ("place" in said.states), said
        for other, place in PLACES.items():
            if other != scene.place:
                clear = [p for p in (*place.en, *place.zh) if not any(p in q for q in own)]
                assert not any(mentions(said.text, p) for p in clear), (said, other)


def test_known_words_cover_the_captions(scenes):
    words = all_caption_words("full")
    rng = np.random.default_rng(9)
    phrases = sorted(words["zh"], key=len, reverse=True)
    for scene in scenes[:700]:
        english = caption(scene, rng, "en").lower()
        assert set(re.findall(r"[a-z][a-z-]*", english)) <= set(words["en"])
        rest = caption(scene, rng, "zh")
        for phrase in phrases:
            rest = rest.replace(phrase, "|")
        assert re.fullmatch(r"[|，。正]*", rest), rest


def test_held_out_templates_are_never_trained(scenes):
    rng = np.random.default_rng(1)
    assert "we see" not in " ".join(caption(s, rng, "en") for s in scenes[:800]).lower()
    assert "画面" not in "".join(caption(s, rng, "zh") for s in scenes[:800])
    assert stated_caption(scenes[0], rng, "zh", held_out=True).text.count("画面中") == 1
    assert held_out_templates("full").keys() == {"en", "zh"}


def test_plain_captions_tell_everything():
    scene = Scene(
        "car", "drive", "street", 0, "left", 1.0, 0, "full", "blue", "night", "rain", "pan_left"
    )
    assert plain_caption(scene, "en") == (
        "A blue car drives to the left on the street at night in the rain, the camera pans left."
    )
    assert plain_caption(scene, "zh") == "夜晚，蓝色汽车在街道上向左行驶，下着雨，镜头向左移动。"
    chase = Scene("dog", "chase", "meadow", 0, "right", 1.0, 0, "full", other="cow")
    assert plain_caption(chase, "en") == "A dog chases a cow to the right on the grass."
    assert plain_caption(chase, "zh") == "狗在草地上向右追一头奶牛。"
    shirt = Scene("man", "wave", "village", 0, "right", 1.0, 0, "full", "orange")
    assert plain_caption(shirt, "en") == "A man in an orange shirt waves in the village."
    assert plain_caption(shirt, "zh") == "穿橙色衣服的男人在村庄里挥手。"


def test_rate_words_are_those_of_short_actions():
    words = rate_words("full")
    assert words["jump"] == rate_of("jump") == 2
    assert words["drink"] == 1
    told = {word: rate for word, rate in words.items() if not re.match("[a-z]", word)}
    for action in ACTIONS:
        if rate_of(action) > 1:
            subject = next(s for s in SUBJECTS if action in actions_of(s))
            scene = Scene(subject, action, places_of(subject, action)[0], 0, "left", 1.0, 0, "full",
                          other="cow", prop="basketball")  # fmt: skip
            found = [rate for word, rate in told.items() if word in plain_caption(scene, "zh")]
            assert min(found) == rate_of(action), action


def test_known_things_are_listed_with_true_examples():
    things = known_things("full")
    assert [entry["id"] for entry in things["subjects"]] == list(SUBJECTS)
    assert [entry["id"] for entry in things["actions"]] == list(ACTIONS)
    assert len(things["colours"]) == len(COLOURS)
    assert [len(things[g]) for g in ("times", "weathers", "cameras")] == [3, 3, 4]
    for group in ("subjects", "places", "colours"):
        for entry in things[group]:
            assert mentions(entry["exampleEn"], entry["en"]) or group == "places", entry
            assert re.search("[\u4e00-\u9fff]", entry["exampleZh"])


def test_examples_use_known_words():
    known = set(all_caption_words("full")["en"])
    for text, language in example_prompts("full"):
        if language == "en":
            assert set(re.findall(r"[a-z][a-z-]*", text.lower())) <= known


def test_labels_of_both_subsets():
    night = Scene("lion", "walk", "meadow", 0, "left", 1.0, 0, "full", time="night")
    assert labels_of(night)["time"] == "night"
    assert labels_of(night)["colour"] == "yellow"
    zebra = Scene("zebra", "walk", "meadow", 0, "left", 1.0, 0, "full")
    assert labels_of(zebra)["colour"] == "mixed"
    assert subset_named("full") is FULL and subset_named("cpu") is CPU
    with pytest.raises(ValueError, match="full"):
        subset_named("small")
    with pytest.raises(ValueError, match="full"):
        sample_scene(np.random.default_rng(0), world="small")
