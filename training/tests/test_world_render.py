"""Frames: deterministic, moving as labelled, on screen, whatever the picture size."""

import numpy as np
import pytest

from training.world.atlas import SCENE_PIXELS, load_world
from training.world.catalog import ACTIONS, SPEEDS, SUBJECTS, actions_of, places_of
from training.world.composite import render
from training.world.motion import GRID, pose_at
from training.world.scene import CLIP_SECONDS, MASTER_RATE, Scene, sample_scene
from training.world.synthetic import synthetic_world, write_synthetic_render

ALL_TIMES = [i / MASTER_RATE for i in range(int(CLIP_SECONDS * MASTER_RATE) + 1)]


@pytest.fixture(scope="module")
def world():
    return synthetic_world(96)


def make(subject="lion", action="walk", place="meadow", layout=0, direction="right", seed=0):
    return Scene(subject, action, place, layout, direction, 1.0, seed)


def poses(scene, world, times=ALL_TIMES):
    plate = world.plate(scene.place, scene.layout)
    return [pose_at(scene, t, world.clips[scene.subject], plate) for t in times]


def random_scenes(count):
    rng = np.random.default_rng(3)
    return [sample_scene(rng) for _ in range(count)]


def test_rendering_is_deterministic(world):
    for scene in random_scenes(20):
        first, second = render(scene, [0, 1.5, 4], world), render(scene, [0, 1.5, 4], world)
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_rendering_leaves_the_plate_untouched(world):
    before = world.plate("meadow", 0).image.copy()
    render(make(), ALL_TIMES, world)
    np.testing.assert_array_equal(before, world.plate("meadow", 0).image)


@pytest.mark.parametrize("pixels", [32, 64, 96])
def test_shapes_and_types_at_every_size(pixels):
    frames, mask = render(make(), [0, 1, 2], synthetic_world(pixels))
    assert frames.shape == (3, pixels, pixels, 3)
    assert frames.dtype == np.uint8
    assert mask.shape == (3, pixels, pixels)
    assert mask.dtype == bool


def test_small_pictures_show_the_large_ones_shrunk():
    scene = make(seed=2)
    large, _ = render(scene, [2.0], synthetic_world(96))
    small, _ = render(scene, [2.0], synthetic_world(32))
    shrunk = large[0].reshape(32, 3, 32, 3, 3).mean((1, 3))
    assert np.abs(shrunk - small[0]).mean() < 8


def test_every_possible_scene_draws_a_visible_subject(world):
    for subject in SUBJECTS:
        for action in actions_of(subject):
            for place in places_of(subject, action):
                direction = "toward" if action == "walk_toward" else "left"
                _, mask = render(make(subject, action, place, 1, direction), ALL_TIMES, world)
                smallest = mask.sum((1, 2)).min()
                assert smallest > 60, (subject, action, place)


def test_columns_stay_on_the_grid_and_bodies_half_on_screen(world):
    for scene in random_scenes(300):
        for pose in poses(scene, world):
            assert pose.x % GRID == 0
            assert 0 <= pose.x <= 96, scene


@pytest.mark.parametrize("action", ["walk", "run", "walk_stop", "jump"])
@pytest.mark.parametrize("seed", range(5))
def test_direction_is_the_direction_of_motion_and_of_the_face(world, action, seed):
    for direction, sign in (("right", 1), ("left", -1)):
        line = poses(make(action=action, direction=direction, seed=seed), world)
        steps = np.diff([pose.x for pose in line]) * sign
        assert steps.min() >= 0
        assert steps.sum() >= 32
        assert all(pose.mirrored == (direction == "left") for pose in line)


def test_left_is_the_mirror_image_of_right_but_for_the_light(world):
    """The shadow's shift and the plate do not mirror; the subject's mask does."""
    _, right = render(make(direction="right", seed=1), ALL_TIMES, world)
    _, left = render(make(direction="left", seed=1), ALL_TIMES, world)
    np.testing.assert_array_equal(right, left[:, :, ::-1])


def test_speed_changes_how_far_the_subject_goes(world):
    def length(speed):
        scene = Scene("lion", "walk", "meadow", 0, "right", speed, 0)
        line = poses(scene, world)
        return line[-1].x - line[0].x

    assert length(SPEEDS[0]) < length(SPEEDS[-1])


def test_walk_stop_and_park_come_to_rest(world):
    for subject, action in (("lion", "walk_stop"), ("taxi", "park")):
        line = poses(make(subject, action, "snow"), world)
        assert len({pose.x for pose in line[-6:]}) == 1
        assert line[0].x != line[12].x


@pytest.mark.parametrize("layout", range(4))
@pytest.mark.parametrize("seed", [0, 8, 16])
def test_drinker_faces_the_water_and_reaches_it_with_the_head_down(world, layout, seed):
    scene = make("lion", "drink", "lake", layout, seed=seed)
    plate = world.plate("lake", layout)
    line = poses(scene, world, [0, 2.5])
    assert all(pose.mirrored == (plate.facing == "left") for pose in line)
    away = abs(line[0].x - plate.edge) - abs(line[1].x - plate.edge)
    assert away >= 16
    _, mask = render(scene, [2.5], world)
    columns = np.flatnonzero(mask[0].any(0))
    mouth = columns[0] if plate.facing == "left" else columns[-1]
    assert abs(int(mouth) - plate.edge) <= 8


def test_jumper_is_in_the_air_in_the_middle_key_frame(world):
    for subject in ("lion", "trex", "knight"):
        for seed in (0, 8, 16):
            _, mask = render(make(subject, "jump", seed=seed), [0, 2, 4], world)
            feet = [np.flatnonzero(m.any(1))[-1] for m in mask]
            assert feet[1] < min(feet[0], feet[2]) - 6


def test_a_jumper_starts_and_stands_as_far_from_the_edges(world):
    """A wide body that stands at an edge is cut in half there."""
    for seed in range(3):
        for direction in ("left", "right"):
            line = poses(make("zebra", "jump", direction=direction, seed=seed), world)
            first, last = sorted((line[0].x, line[-1].x))
            assert abs(first - (SCENE_PIXELS - last)) <= 2 * GRID
            assert first >= 16 and last <= SCENE_PIXELS - 16


def test_toward_grows_and_comes_down(world):
    line = poses(make(action="walk_toward", direction="toward"), world)
    scales, rows = [p.scale for p in line], [p.foot_row for p in line]
    assert scales == sorted(scales)
    assert rows == sorted(rows)
    assert scales[-1] > 1.8 * scales[0]
    assert {p.yaw for p in line} == {"front"}


def test_the_stages_look_different(world):
    for action in ("eat", "attack"):
        frames, _ = render(make(action=action), [0, 1, 2], world)
        assert (frames[0] != frames[2]).any()
    frames, _ = render(make("knight", "sit"), [0, 3], world)
    assert (frames[0] != frames[1]).any()


def test_fish_swim_without_a_shadow(world):
    scene = make("clownfish", "swim", "underwater")
    frames, mask = render(scene, [2.0], world)
    plate = world.plate("underwater", 0).image
    changed = (frames[0] != plate).any(-1)
    # Only the sprite's own soft edge lies outside the mask.
    assert (changed & ~mask[0]).sum() < 0.35 * mask[0].sum()
    rows = np.flatnonzero(mask[0].any(1))
    assert 30 < rows.mean() < 66


def test_a_missing_render_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"training\.world\.synthetic"):
        load_world(96, tmp_path)


def test_a_sheet_of_the_wrong_size_is_an_error(tmp_path):
    write_synthetic_render(tmp_path)
    (tmp_path / "lion" / "walk.png").write_bytes((tmp_path / "meadow" / "0.png").read_bytes())
    with pytest.raises(ValueError, match=r"lion/walk\.png"):
        load_world(96, tmp_path)


def test_actions_of_all_subjects_are_labels():
    assert {a for s in SUBJECTS for a in actions_of(s)} == set(ACTIONS)
