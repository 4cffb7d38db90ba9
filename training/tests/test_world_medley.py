"""Medleys and front views: their poses, where they are drawn, what is told of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.tests.test_storyboard import STAGES, TOLD
from training.tests.test_transformer_training import Letters, token_set
from training.transformer import token_data
from training.transformer.batches import Batches
from training.transformer.storyboard import Storyboards, classes_at
from training.transformer.token_data import FRONT_VIEWS, MEDLEYS, draw_window, moments_of
from training.transformer.tokens import TokenSet
from training.world.captions import stated_caption
from training.world.composite import render, render_medley
from training.world.medley import (
    Moment,
    can_be_medley,
    can_face,
    draw_course,
    draw_front_views,
    draw_moments,
    facing,
)
from training.world.scene import Scene, sample_scene
from training.world.split import is_held_out
from training.world.synthetic import synthetic_world

ZEBRA = Scene("zebra", "walk", "meadow", 0, "right", 1.0, 3)
TIMES = [0.0, 1.0, 2.0, 3.0, 4.0]


def medleys_of(scene: Scene, count: int, seed: int = 0) -> list[list[Moment]]:
    rng = np.random.default_rng(seed)
    return [draw_moments(scene, TIMES, rng) for _ in range(count)]


def strays(moments: list[Moment]) -> bool:
    return moments[0].x is not None


def stage_of(moment: Moment) -> str:
    return STAGES[classes_at(moment.scene, [moment.time])[0]]


def test_a_medley_mixes_the_clip_with_other_actions_of_the_same_subject() -> None:
    own = 0
    for moments in medleys_of(ZEBRA, 200):
        poses = [replace(moment, x=None, height=None) for moment in moments]
        kept = [m == Moment(ZEBRA, time) for m, time in zip(poses, TIMES, strict=True)]
        assert not all(kept)
        own += sum(kept)
        for moment in moments:
            assert replace(moment.scene, action="walk") == ZEBRA
            assert 0 <= moment.time <= 4
    assert 0.35 < own / 1000 < 0.5


def test_no_pose_comes_from_a_pair_that_is_held_out() -> None:
    assert is_held_out("zebra", "jump", "meadow")
    shown = [stage_of(m) for moments in medleys_of(ZEBRA, 200) for m in moments]
    assert "leap" not in shown
    rng = np.random.default_rng(1)
    for _ in range(300):
        scene = sample_scene(rng)
        for moment in draw_moments(scene, TIMES, rng) if can_be_medley(scene) else ():
            assert not is_held_out(scene.subject, moment.scene.action, scene.place)
            assert moment.scene.action not in ("walk_toward", "cheer")


def test_all_poses_come_about_equally_often() -> None:
    lion = replace(ZEBRA, subject="lion", action="stand")
    shown = [stage_of(m) for moments in medleys_of(lion, 400) for m in moments]
    # A tenth of a second of lowering the head as often as four seconds of running.
    running = shown.count("run") + shown.count("run_up")
    assert 0.7 < running / shown.count("lower") < 1.4
    assert 0.7 < shown.count("leap") / shown.count("attack") < 1.4


@pytest.mark.parametrize("action", ["walk_toward", "cheer"])
def test_who_is_seen_from_the_front_is_no_medley(action: str) -> None:
    assert not can_be_medley(Scene("knight", action, "meadow", 0, "right", 1.0, 0))
    assert can_be_medley(Scene("knight", "walk", "meadow", 0, "right", 1.0, 0))


def test_some_medleys_stray_evenly_and_some_leap_about() -> None:
    medleys = medleys_of(ZEBRA, 400)
    paths = np.array([[m.x for m in moments] for moments in medleys if strays(moments)])
    assert 0.5 < len(paths) / len(medleys) < 0.7
    assert (paths % 4 == 0).all() and paths.min() >= 8 and paths.max() <= 88
    even = np.abs(np.diff(paths, n=2)).max(1) <= 8  # on the grid
    assert 0.5 < even.mean() < 0.75
    assert paths.std() > 15
    assert all((m.x is None) != strays(moments) for moments in medleys for m in moments)


def test_who_has_one_pose_strays() -> None:
    fish = Scene("clownfish", "swim", "underwater", 0, "right", 1.0, 0)
    assert can_be_medley(fish)
    for moments in medleys_of(fish, 20):
        assert strays(moments)
        assert [m.time for m in moments] == TIMES and {m.scene for m in moments} == {fish}
    world = synthetic_world(96)
    moments = [replace(Moment(fish, 0.0), x=x) for x in (32, 40, 48, 56, 64)]
    masks = render_medley(fish, TIMES, moments, world)[1]
    middles = [float(np.flatnonzero(mask.any(0)).mean()) for mask in masks]
    assert np.allclose(np.diff(middles), 8, atol=2)


def test_medleys_of_who_can_jump_hover_in_some_frames() -> None:
    medleys = medleys_of(ZEBRA, 400)
    heights = [m.height for moments in medleys for m in moments]
    hovering = [any(m.height is not None for m in moments) for moments in medleys]
    assert 0.5 < np.mean(hovering) < 0.7
    up = [height for height in heights if height is not None]
    assert set(up) == set(range(4, 29, 4))
    assert 0.45 < len(up) / (5 * sum(hovering)) < 0.7
    fish = Scene("clownfish", "swim", "underwater", 0, "right", 1.0, 0)
    for rider in (fish, replace(fish, subject="taxi", action="drive", place="street")):
        assert all(m.height is None for moments in medleys_of(rider, 40) for m in moments)


CLOSE = [1.0, 1.25, 1.5, 1.75, 2.0]


def courses_of(scene: Scene, count: int, seed: int = 0) -> list[list[Moment]]:
    rng = np.random.default_rng(seed)
    return [draw_course(scene, CLOSE, rng) for _ in range(count)]


def test_medleys_of_close_frames_pass_from_one_action_into_another() -> None:
    passing = 0
    for moments in courses_of(ZEBRA, 200):
        plain = [replace(moment, x=None, height=None) for moment in moments]
        own = [m == Moment(ZEBRA, time) for m, time in zip(plain, CLOSE, strict=True)]
        assert not all(own)
        passing += np.abs(np.diff(own)).sum() == 1
        # The other one goes on from frame to frame.
        others = [(m.time, t) for m, t, o in zip(plain, CLOSE, own, strict=True) if not o]
        begins = {round(time - shown, 6) for time, shown in others if 0 < time < 4}
        assert len(begins) <= 1
        assert len({m.scene for m in plain} - {ZEBRA}) <= 1
        assert all(0 <= time <= 4 for time, _ in others)
    assert 90 < passing < 170


def test_no_pose_of_close_frames_comes_from_a_pair_that_is_held_out() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        scene = sample_scene(rng)
        for moment in draw_course(scene, CLOSE, rng) if can_be_medley(scene) else ():
            assert not is_held_out(scene.subject, moment.scene.action, scene.place)


def test_who_strays_or_hovers_in_close_frames_moves_evenly() -> None:
    courses = courses_of(ZEBRA, 400)
    paths = np.array([[m.x for m in moments] for moments in courses if strays(moments)])
    assert 0.5 < len(paths) / len(courses) < 0.7
    assert (paths % 4 == 0).all() and paths.min() >= 8 and paths.max() <= 88
    steps = np.diff(paths)
    assert np.abs(steps).max() <= 12  # 30 pixels per second, on the grid
    assert ((steps >= 0).all(1) | (steps <= 0).all(1)).all() and paths.std() > 15
    arcs = [[m.height for m in ms] for ms in courses if ms[0].height is not None]
    assert 0.5 < len(arcs) / len(courses) < 0.7
    heights = np.array(arcs, float)
    assert heights.min() == 0 and 24 < heights.max() <= 28
    flying = (heights > 0).all(1)
    assert flying.any() and (np.diff(heights[flying], n=2) <= 1).all()  # a parabola, rounded


def test_leaps_keep_their_own_height_in_close_frames() -> None:
    lion = replace(ZEBRA, subject="lion", action="jump")
    moments = [m for course in courses_of(lion, 100) for m in course]
    assert all(m.height is None for m in moments if m.scene.action == "jump")
    assert any(m.height is not None for m in moments)


def test_who_hovers_is_so_much_higher_and_its_shadow_stays() -> None:
    world = synthetic_world(96)
    leap = Moment(replace(ZEBRA, action="jump"), 2.0)
    for moment in (Moment(ZEBRA, 1.0), leap):
        feet = []
        for height in (4, 12, 28):
            moments = [replace(moment, height=height)] * 5
            frames, masks = render_medley(ZEBRA, TIMES, moments, world)
            feet.append(int(np.flatnonzero(masks[1].any(1))[-1]))
            assert (frames[1] != world.plate("meadow", 0).image).any(2)[76:80].any()
        assert np.allclose(feet, [80 - 1 - h for h in (4, 12, 28)], atol=1), feet


def test_a_changed_frame_shows_the_other_pose_where_the_subject_is() -> None:
    world = synthetic_world(96)
    plain, masks = render(ZEBRA, TIMES, world)
    unchanged = [Moment(ZEBRA, time) for time in TIMES]
    assert np.array_equal(render_medley(ZEBRA, TIMES, unchanged, world)[0], plain)
    eating = Moment(replace(ZEBRA, action="eat"), 2.0)
    moments = [*unchanged[:2], eating, *unchanged[3:]]
    frames, found = render_medley(ZEBRA, TIMES, moments, world)
    same = [np.array_equal(a, b) for a, b in zip(frames, plain, strict=True)]
    assert same == [True, True, False, True, True]

    def middle(mask: np.ndarray) -> float:
        return float(np.flatnonzero(mask.any(0)).mean())

    def outline(mask: np.ndarray) -> np.ndarray:
        columns = np.flatnonzero(mask.any(0))
        return mask[:, columns[0] : columns[-1] + 1]

    assert abs(middle(found[2]) - middle(masks[2])) < 4
    of_eating = render(eating.scene, [eating.time], world)[1][0]
    assert np.array_equal(outline(found[2]), outline(of_eating))


def test_front_views_face_the_viewer_near_and_far() -> None:
    world, rng = synthetic_world(96), np.random.default_rng(2)
    scene = facing(ZEBRA)
    moments = [draw_front_views(scene, TIMES, rng) for _ in range(6)]
    masks = [render_medley(scene, TIMES, drawn, world)[1] for drawn in moments]
    rows = [[np.flatnonzero(mask.any(1)) for mask in clip] for clip in masks]
    heights = np.array([[row.size for row in clip] for clip in rows])
    assert heights.max() > 1.8 * heights.min()
    assert len(set(heights.ravel().tolist())) >= 5 and (np.diff(heights) < 0).any()
    # Nearer is lower in the picture, as for somebody who comes closer.
    lowest = np.array([[row[-1] for row in clip] for clip in rows]).ravel()
    assert (np.diff(lowest[heights.ravel().argsort()]) >= -1).all()


def test_front_views_are_told_without_an_action_and_only_of_who_is_trained_to_stand() -> None:
    clips = drawn_set(40, FRONT_VIEWS)
    for scene in clips.scenes:
        assert not is_held_out(scene.subject, "stand", scene.place)
        assert (scene.action, scene.direction) == ("stand", "toward")
        for seed in range(8):
            caption = stated_caption(scene, np.random.default_rng(seed))
            assert caption.states <= {"subject", "place"} and caption.states
            assert "stand" not in caption.text and "站" not in caption.text
    told = Storyboards.of_split("key", FRONT_VIEWS, clips, "cpu")
    assert told.kept.all() and (told.shown == STAGES.index("stand")).all()
    assert not can_face(Scene("taxi", "drive", "street", 0, "left", 1.0, 0))


def drawn_set(count: int, split: str = MEDLEYS) -> TokenSet:
    windows = [draw_window("key", split, index) for index in range(count)]
    return TokenSet(
        token_set(count).tokens, [scene for scene, _, _ in windows], [text for *_, text in windows]
    )


def test_the_storyboard_of_a_medley_tells_what_its_frames_show_and_is_never_lost() -> None:
    clips = drawn_set(32)
    assert {scene.subject for scene in clips.scenes} - {s.subject for s in token_set(400).scenes}
    told = Storyboards.of_split("key", MEDLEYS, clips, "cpu")
    assert told.kept.all()
    differs = 0
    for index, scene in enumerate(clips.scenes):
        moments = moments_of("key", MEDLEYS, index, draw_window("key", MEDLEYS, index))
        assert [STAGES[i] for i in told.shown[index]] == [stage_of(m) for m in moments]
        own = told.own(TOLD, index, scene)
        differs += not np.array_equal(own, told.of(TOLD, index, scene))
    assert differs > 24
    batches = Batches(TOLD, clips, Letters(), stated_caption, 16, storyboards=told)
    batch = batches.batch(list(range(32)), np.random.default_rng(1), dropout=0.5)
    expected = [told.own(TOLD, i, scene) for i, scene in enumerate(clips.scenes)]
    assert np.array_equal(batch.opening.numpy(), np.array(expected))


def test_a_rival_of_the_same_action_has_the_storyboard_of_the_medley() -> None:
    clips = drawn_set(64)
    told = Storyboards.of_split("key", MEDLEYS, clips, "cpu")
    batches = Batches(TOLD, clips, Letters(), stated_caption, 64, storyboards=told)
    batch = batches.batch(list(range(64)), np.random.default_rng(3), rivals=64)
    own, rival = batch.opening.numpy(), batch.rival_opening.numpy()
    other_text = (batch.text[:, : batch.rivals.shape[1]] != batch.rivals).any(1).numpy()
    same_storyboard = (own == rival).all(1)
    # Subjects, places and directions differ in the text alone, and there are such rivals.
    assert (other_text & same_storyboard).sum() >= 10


def test_sets_with_medleys_join() -> None:
    own = [draw_window("key", "train", index) for index in range(4)]
    clips = TokenSet(token_set(4).tokens, [w[0] for w in own], [w[2] for w in own])
    parts = [
        Storyboards.of_split("key", "train", clips, "cpu"),
        Storyboards.of_split("key", MEDLEYS, drawn_set(3), "cpu"),
    ]
    joined = Storyboards.joined(parts)
    assert joined.kept.tolist() == [False] * 4 + [True] * 3
    assert np.array_equal(joined.shown[4:], parts[1].shown)
    assert np.array_equal(joined.times[:4], parts[0].times)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "gpu", "--kind", "key", "--medleys"], "gpu trains with no medleys of kind"),
        (["--preset", "cpu", "--kind", "interpolation", "--front-views"], "no front-views of kind"),
        (["--preset", "cpu", "--kind", "key", "--medleys", "--guests"], "not allowed with"),
    ],
)
def test_sets_that_a_preset_does_not_train_with_are_refused(
    options: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["token_data", *options])
    with pytest.raises(SystemExit):
        token_data.main()
    assert message in capsys.readouterr().err
