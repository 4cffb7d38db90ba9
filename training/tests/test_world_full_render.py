"""Frames of the full world: deterministic, as labelled, feet that do not slide."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from training.world.composite import render
from training.world.full.actions import ACTIONS
from training.world.full.actor import Stage
from training.world.full.catalog import SUBJECTS, actions_of, others_of, places_of
from training.world.full.check_render import lacking
from training.world.full.compose import plate_of
from training.world.full.light import _is_disc
from training.world.full.motion import actors_at
from training.world.motion import GRID
from training.world.scene import sample_scene
from training.world.scene_graph import Scene
from training.world.synthetic_full import synthetic_full_world

TIMES = [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.fixture(scope="module")
def world():
    return synthetic_full_world(48)


def make(subject="dog", action="walk", place="meadow", **more):
    others = others_of(subject, action)
    values = {
        "layout": 0,
        "direction": "right",
        "speed": 1.0,
        "seed": 1,
        "other": others[0] if others else None,
        "prop": "soccer_ball" if action in ("kick", "throw", "pick_up") else None,
    }
    return Scene(subject, action, place, world="full", **(values | more))


def stage_of(scene, world):
    place, index = plate_of(scene, world)
    return Stage(scene, world, world.plates[place][index])


def test_rendering_is_deterministic_and_of_the_right_size(world):
    rng = np.random.default_rng(3)
    for _ in range(25):
        scene = sample_scene(rng, "train", "full")
        first, second = render(scene, TIMES, world), render(scene, TIMES, world)
        assert first[0].shape == (5, 48, 48, 3)
        assert first[0].dtype == np.uint8
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_every_subject_does_every_action(world):
    for subject in SUBJECTS:
        for action in actions_of(subject):
            place = places_of(subject, action)[0]
            direction = "toward" if action == "walk_toward" else "left"
            _, mask = render(make(subject, action, place, direction=direction), TIMES, world)
            least = 1 if action == "leap_water" else 2
            assert mask.any((1, 2)).sum() >= least, (subject, action)


def test_every_actor_is_in_the_picture_and_on_the_grid(world):
    for action in ACTIONS:
        subject = next(s for s in SUBJECTS if action in actions_of(s))
        for seed in range(0, 40, 7):
            place = places_of(subject, action)[0]
            direction = "toward" if action == "walk_toward" else "right"
            scene = make(subject, action, place, seed=seed, direction=direction)
            stage = stage_of(scene, world)
            for time in np.arange(0, 4.1, 0.25):
                for actor in actors_at(stage, time):
                    assert -GRID <= actor.pose.x <= 96 + GRID, (action, actor)
                    if actor.is_subject and action not in ("hop", "take_off"):
                        assert actor.pose.x % GRID == 0 or action in ("kick", "throw"), action


def test_hopping_feet_move_only_in_the_air(world):
    stage = stage_of(make("rabbit", "hop"), world)
    poses = [actors_at(stage, t)[0].pose for t in np.arange(0, 4, 1 / 60)]
    for before, after in itertools.pairwise(poses):
        if before.lift == 0 and after.lift == 0:
            assert abs(after.x - before.x) <= GRID


def test_a_coat_takes_the_colour(world):
    plain, mask = render(make("sportscar", "drive", "street"), [2.0], world)
    blue, _ = render(make("sportscar", "drive", "street", colour="blue"), [2.0], world)
    body = blue[0][mask[0]].astype(int)
    coloured = body[body.max(1) > 60]
    assert (coloured[:, 2] > coloured[:, 0] + 40).mean() > 0.9
    np.testing.assert_array_equal(blue[0][~mask[0]][:40], plain[0][~mask[0]][:40])


def test_night_is_dark_and_the_subject_stays_visible(world):
    day, mask = render(make(place="farm"), [2.0], world)
    night, _ = render(make(place="farm", time="night"), [2.0], world)
    assert night[0][~mask[0]].mean() < 0.6 * day[0][~mask[0]].mean()
    assert night[0][mask[0]].mean() > 0.55 * day[0][mask[0]].mean()


def test_only_a_sun_becomes_a_moon():
    rows, columns = np.mgrid[0:96, 0:96]
    disc = (rows - 14) ** 2 + (columns - 60) ** 2 < 80
    assert _is_disc(disc)
    assert not _is_disc(rows < 29)
    leaves = (rows < 29) & ((rows * 7 + columns * 13) % 11 == 0)
    assert not _is_disc(leaves)
    assert not _is_disc(np.zeros((96, 96), bool))


def test_the_meadow_at_night_has_plates_of_its_own(world):
    assert plate_of(make(time="night"), world)[0] == "night"
    assert plate_of(make(place="farm", time="night"), world)[0] == "farm"


@pytest.mark.parametrize("weather", ["rain", "snowfall", "fog"])
def test_weather_changes_the_picture_and_moves(world, weather):
    clear, _ = render(make("dog", "stand"), [1.0, 1.25], world)
    bad, _ = render(make("dog", "stand", weather=weather), [1.0, 1.25], world)
    assert np.abs(clear.astype(int) - bad).mean() > 4
    changed = (bad[0] != bad[1]).any(-1).mean()
    assert changed > 0.02 if weather != "fog" else changed < 0.2


def test_the_camera_pans_and_zooms(world):
    still = make("dog", "stand", "farm", seed=2)

    def columns(camera, time):
        _, mask = render(replace(still, camera=camera), [time], world)
        return np.flatnonzero(mask[0].any(0))

    first, last = columns("pan_right", 0.0), columns("pan_right", 4.0)
    assert last.mean() < first.mean() - 6
    assert columns("pan_left", 4.0).mean() > columns("pan_left", 0.0).mean() + 6
    near, far = columns("zoom_in", 4.0), columns("zoom_in", 0.0)
    assert len(near) > 1.15 * len(far)
    assert len(columns("zoom_out", 0.0)) > 1.15 * len(columns("zoom_out", 4.0))


def test_who_hides_is_covered_in_the_end(world):
    _, mask = render(make("dog", "hide"), [0.0, 3.9], world)
    assert mask[1].sum() < 0.6 * mask[0].sum()


def test_growing_appearing_and_disappearing(world):
    def sizes(action):
        return render(make("elephant", action), TIMES, world)[1].sum((1, 2))

    assert (np.diff(sizes("grow").astype(int)) > 0).all()
    assert (np.diff(sizes("shrink").astype(int)) < 0).all()
    assert sizes("appear")[0] == 0 and sizes("appear")[-1] > 50
    assert sizes("disappear")[-1] == 0 and sizes("disappear")[0] > 50


def test_two_subjects_are_drawn_and_the_nearer_one_is_in_front(world):
    scene = make("dog", "chase", other="horse")
    actors = actors_at(stage_of(scene, world), 2.0)
    assert [actor.name for actor in actors] == ["horse", "dog"]
    assert actors[0].pose.x > actors[1].pose.x
    left = actors_at(stage_of(replace(scene, direction="left"), world), 2.0)
    assert left[0].pose.x < left[1].pose.x
    faces = actors_at(stage_of(make("dog", "meet", other="cow"), world), 3.9)
    assert {actor.pose.mirrored for actor in faces} == {True, False}


def test_a_kicked_ball_rolls_away_and_a_thrown_one_flies(world):
    def ball(action, time):
        actors = actors_at(stage_of(make("knight", action), world), time)
        return next(a.pose for a in actors if a.name == "soccer_ball")

    assert ball("kick", 3.9).x > ball("kick", 0.0).x + 30
    assert ball("throw", 2.0).lift > 25
    assert ball("throw", 3.9).lift == 0
    assert ball("pick_up", 0.0).lift == 0 and ball("pick_up", 3.9).lift > 15


def test_a_leap_out_of_the_water(world):
    _, mask = render(make("dolphin", "leap_water", "sea", seed=0), [0.5, 1.9, 3.5], world)
    assert mask[1].sum() > 40
    assert mask[0].sum() < 0.5 * mask[1].sum() and mask[2].sum() < 0.5 * mask[1].sum()


def test_a_missing_subject_says_what_to_do(world):
    lacking = replace(world, clips={"dog": world.clips["dog"]})
    with pytest.raises(ValueError, match="render the world anew"):
        actors_at(stage_of(make("cat", "hop"), lacking), 0.0)


def test_what_a_render_lacks_is_said(world):
    assert lacking(world) == []
    clips = {name: clips for name, clips in world.clips.items() if name != "tiger"}
    plates = {name: plates for name, plates in world.plates.items() if name != "sea"}
    lines = lacking(replace(world, clips=clips, plates=plates))
    assert {"subject tiger", "place sea"} <= set(lines)
