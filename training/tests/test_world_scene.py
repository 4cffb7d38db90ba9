"""Scenes, their stages and the train/held-out split."""

import itertools

import numpy as np
import pytest

from training.world.catalog import ACTIONS, PLACES, SUBJECTS, actions_of, places_of
from training.world.dataset import DURATION_TEXTS, interpolation_times, key_frame_times
from training.world.scene import CLIP_SECONDS, Scene, core_window, sample_scene, stages
from training.world.split import combinations, is_held_out
from training.world.subsets import CPU, labels_of


def scenes(count, split="train", seed=0):
    rng = np.random.default_rng(seed)
    return [sample_scene(rng, split) for _ in range(count)]


def test_every_subject_action_and_place_is_trained():
    drawn = scenes(4000)
    assert {s.subject for s in drawn} == set(SUBJECTS)
    assert {s.action for s in drawn} == set(ACTIONS)
    assert {s.place for s in drawn} == set(PLACES)


def test_scenes_only_combine_what_goes_together():
    for scene in scenes(2000) + scenes(500, "heldout"):
        assert scene.action in actions_of(scene.subject)
        assert scene.place in places_of(scene.subject, scene.action)
        assert (scene.direction == "toward") == (scene.action == "walk_toward")


def test_held_out_pairs_are_never_trained():
    assert not any(is_held_out(s.subject, s.action, s.place) for s in scenes(4000))
    assert all(is_held_out(s.subject, s.action, s.place) for s in scenes(500, "heldout"))


def test_split_partitions_all_combinations_and_keeps_the_flagship():
    trained, held_out = combinations(False), combinations(True)
    assert not set(trained) & set(held_out)
    assert ("lion", "drink", "lake") in trained
    pairs = {(s, a) for s in SUBJECTS for a in actions_of(s)}
    hidden = pairs - {c[:2] for c in trained}
    assert 0.05 < len(hidden) / len(pairs) < 0.15
    assert any(action == "drink" for _, action in hidden)


def test_an_unknown_split_is_an_error():
    with pytest.raises(ValueError, match="heldout"):
        sample_scene(np.random.default_rng(0), "test")


def test_flagship_and_drinking_are_drawn_more_often():
    drawn = scenes(6000)
    lions = [s.action for s in drawn if s.subject == "lion"]
    assert lions.count("drink") > 2.5 * lions.count("eat")


@pytest.mark.parametrize("seed", [0, 8, 16])
@pytest.mark.parametrize("action", ACTIONS)
def test_stages_cover_the_clip_without_gaps(action, seed):
    line = stages(Scene("lion", action, "lake", 0, "left", 1.0, seed))
    assert line[0][1] == 0.0
    assert line[-1][2] == CLIP_SECONDS
    for (_, _, end), (_, start, _) in itertools.pairwise(line):
        assert end == start
    assert all(end > start for _, start, end in line)


def test_one_fps_key_frames_visit_the_core_stage():
    for scene in scenes(1000):
        core = core_window(scene)
        if core is not None and scene.action != "park":
            assert any(core[0] <= t < core[1] for t in (0, 1, 2, 3, 4)), scene


@pytest.mark.parametrize("choose", [key_frame_times, interpolation_times])
def test_windows_lie_on_the_master_clip_and_match_their_text(choose):
    rng = np.random.default_rng(1)
    texts = set()
    for scene in scenes(400):
        times, text = choose(scene, rng)
        texts.add(text)
        rate = {v: k for k, v in DURATION_TEXTS.items()}[text]
        assert len(times) == 5
        assert times[0] >= 0
        assert times[-1] <= CLIP_SECONDS
        np.testing.assert_allclose(np.diff(times), 1 / rate)
        assert text == f"{times[-1] - times[0]:.1f}秒"
    assert len(texts) == 3


def test_short_key_frame_windows_still_show_the_action():
    rng = np.random.default_rng(2)
    for scene in scenes(1500):
        core = core_window(scene)
        times, _ = key_frame_times(scene, rng)
        if core is not None:
            assert times[0] < core[1], scene
            assert times[-1] > core[0], scene


def test_labels_tell_the_night_meadow_as_a_time():
    scene = Scene("lion", "walk", "night", 0, "left", 1.0, 0)
    labels = labels_of(scene)
    assert (labels["place"], labels["time"], labels["colour"]) == ("meadow", "night", "yellow")
    red = Scene("car", "drive", "snow", 0, "left", 1.0, 0)
    assert labels_of(red)["colour"] == "red"


def test_every_label_of_the_cpu_subset_has_a_colour():
    assert {labels_of(scene)["subject"] for scene in scenes(1500)} == set(CPU.subjects)
