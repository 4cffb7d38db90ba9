"""Where the body is: what storyboards tell of it, what cells get to know, and the planned paths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
import torch

from training.export.storyboard_graph import build_storyboard_graph
from training.storyboard.axes import DIRECTIONS, GROUNDS, PATHS, RATES, path_shape
from training.storyboard.paths import path_table
from training.storyboard.plan import key_frame_opening, plan_of, storyboard_table
from training.storyboard.planner import Planner, PlannerConfig
from training.storyboard.train import WATERSIDE
from training.tests.test_storyboard import STAGES, TOLD, clips_of_the_train_split
from training.tests.test_transformer_training import Letters
from training.tests.test_world_medley import drawn_set
from training.transformer.batches import Batches
from training.transformer.spots import (
    columns_in,
    height_row_table,
    height_rows_in,
    spot_row_table,
    spot_rows_in,
    spots_in,
)
from training.transformer.storyboard import (
    Storyboards,
    opening_ids,
    with_spots_of,
    without_spots,
)
from training.transformer.token_data import MEDLEYS, draw_window, moments_of
from training.transformer.tokens import TokenSet
from training.world.atlas import World
from training.world.captions import stated_caption
from training.world.catalog import GUESTS, SUBJECTS, kind_of
from training.world.composite import medley_poses, render, render_medley
from training.world.motion import Pose
from training.world.spots import COLUMNS, FACINGS, ROWS, spot_of
from training.world.subsets import CPU
from training.world.synthetic import synthetic_world

SPOTTED = replace(TOLD, columns=COLUMNS, rows=ROWS)


def world_with_guests() -> World:
    """The synthetic world, in which guests look like a subject of their kind."""
    world = synthetic_world(96)
    twins = {guest: next(s for s in SUBJECTS if kind_of(s) == kind_of(guest)) for guest in GUESTS}
    return replace(world, clips={**world.clips, **{g: world.clips[s] for g, s in twins.items()}})


WORLD = world_with_guests()


def told(split: str, clips: TokenSet) -> Storyboards:
    return Storyboards.of_split("key", split, clips, "cpu", WORLD)


def stages_and_spots(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    behind = np.asarray(ids) - SPOTTED.first_stage_id
    return behind // SPOTTED.spots, behind % SPOTTED.spots


def test_a_spot_is_a_facing_a_column_and_a_row() -> None:
    pose, lion = Pose("walk", 0.0, "right", False, 24, 80, 0), WORLD.clips["lion"]

    def parts(pose: Pose) -> tuple[int, int, int]:
        beside, row = divmod(spot_of(pose, lion), ROWS)
        return (*divmod(beside, COLUMNS), row)

    assert parts(pose) == (0, 6, 20)
    assert parts(replace(pose, mirrored=True)) == (1, 6, 20)
    assert parts(replace(pose, yaw="front")) == (2, 6, 20)
    assert parts(replace(pose, x=-40))[1] == 0 and parts(replace(pose, x=96))[1] == COLUMNS - 1
    assert parts(replace(pose, lift=16)) == (0, 6, 16)
    assert parts(replace(pose, lift=-40))[2] == ROWS - 1


def test_who_leaps_rises_in_the_own_picture_too() -> None:
    zebra = WORLD.clips["zebra"]
    lifts = zebra["jump"].lifts
    highest = lifts.index(max(lifts))
    leap = Pose("jump", (highest + 0.5) / len(lifts), "right", False, 48, 80, 4)
    assert max(lifts) >= 4
    assert spot_of(leap, zebra) % ROWS == round((76 - max(lifts)) / 4)


def test_cells_know_how_far_before_or_behind_the_body_they_are() -> None:
    assert columns_in(spots_in(COLUMNS)) == columns_in(spots_in(COLUMNS, ROWS), ROWS) == COLUMNS
    assert spots_in(COLUMNS) == len(FACINGS) * COLUMNS + 1
    assert spots_in(COLUMNS, ROWS) == len(FACINGS) * COLUMNS * ROWS + 1
    table = spot_row_table(COLUMNS, 12)
    assert table.shape == (spots_in(COLUMNS), 12)
    # Whatever row the feet are in.
    with_rows = spot_row_table(COLUMNS, 12, ROWS)
    assert np.array_equal(with_rows[:-1].reshape(-1, ROWS, 12)[:, 3], table[:-1])
    assert np.array_equal(with_rows[-1], table[-1]) and len(np.unique(with_rows)) == len(
        np.unique(table)
    )
    assert table.min() >= 0 and table.max() == spot_rows_in(COLUMNS) - 1
    right, left, front = (table[f * COLUMNS : (f + 1) * COLUMNS] for f in range(3))
    # Two columns on everything is one cell further.
    assert np.array_equal(right[2:, 1:], right[:-2, :-1])
    # Whoever faces left has before them what lies mirrored before who faces right.
    assert np.array_equal(left, right[::-1, ::-1])
    assert not set(front.ravel()) & set(right.ravel()) and len(set(table[-1])) == 1
    assert len(set(right[12].tolist())) == 12


def test_cells_know_how_far_above_or_below_the_feet_they_are() -> None:
    table = height_row_table(COLUMNS, 12, ROWS)
    assert table.shape == (spots_in(COLUMNS, ROWS), 12)
    assert table.min() >= 0 and table.max() == height_rows_in(ROWS) - 1
    by_row = table[:-1].reshape(-1, ROWS, 12)
    assert (by_row == by_row[:1]).all()  # whatever column and facing
    # Two rows on everything is one cell further.
    assert np.array_equal(by_row[0, 2:, 1:], by_row[0, :-2, :-1])
    assert len(set(by_row[0, 12].tolist())) == 12
    assert len(set(table[-1])) == 1 and not set(table[-1]) & set(by_row.ravel().tolist())


def test_storyboards_tell_where_the_rendered_body_is() -> None:
    clips = clips_of_the_train_split(40)
    boards = told("train", clips)
    for index, scene in enumerate(clips.scenes):
        stages, spots = stages_and_spots(boards.own(SPOTTED, index, scene))
        plain = opening_ids(TOLD, boards.shown[index], "cpu") - TOLD.first_stage_id
        assert np.array_equal(stages, plain)
        facings = {"right": 0, "left": 1, "toward": 2}
        if scene.action not in ("cheer", "drink"):
            assert (spots // (COLUMNS * ROWS) == facings[scene.direction]).all()
        masks = render(scene, boards.times[index].tolist(), WORLD)[1]
        for mask, column, row in zip(masks, spots // ROWS % COLUMNS, spots % ROWS, strict=True):
            columns, lines = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
            if len(columns) and columns[0] > 0 and columns[-1] < 95:
                assert abs(columns.mean() - 4 * column) < 14, scene
                known = lines.mean() if scene.action == "swim" else lines[-1] + 1
                assert abs(known - 4 * row) < 5, scene


def test_medleys_are_told_where_they_stray() -> None:
    clips = drawn_set(24)
    boards = told(MEDLEYS, clips)
    strayed = 0
    for index, scene in enumerate(clips.scenes):
        window = draw_window("key", MEDLEYS, index)
        moments = moments_of("key", MEDLEYS, index, window)
        poses = medley_poses(scene, window[1], moments, WORLD)
        spots = stages_and_spots(boards.own(SPOTTED, index, scene))[1]
        clips_of_subject = WORLD.clips[scene.subject]
        assert spots.tolist() == [spot_of(pose, clips_of_subject) for pose in poses]
        if moments[0].x is None:
            continue
        strayed += 1
        masks = render_medley(scene, window[1], moments, WORLD)[1]
        for moment, mask in zip(moments, masks, strict=True):
            columns = np.flatnonzero(mask.any(0))
            if columns[0] > 0 and columns[-1] < 95:
                assert abs(columns.mean() - moment.x) < 14
    assert strayed > 8


def test_close_frames_are_told_where_the_body_is_too() -> None:
    windows = [draw_window("interpolation", MEDLEYS, index) for index in range(24)]
    clips = TokenSet(
        np.zeros((24, 5, 4), np.int16), [w[0] for w in windows], [w[2] for w in windows]
    )
    boards = Storyboards.of_split("interpolation", MEDLEYS, clips, "cpu", WORLD)
    assert boards.kept.all() and boards.spots is not None
    risen = 0
    for index, (scene, times, _) in enumerate(windows):
        moments = moments_of("interpolation", MEDLEYS, index, windows[index])
        poses = medley_poses(scene, times, moments, WORLD)
        expected = [spot_of(pose, WORLD.clips[scene.subject]) for pose in poses]
        assert boards.spots[index].tolist() == expected
        risen += any((m.height or 0) >= 4 for m in moments)
    assert risen > 4


def test_training_leaves_spots_out_now_and_then_but_not_those_of_medleys() -> None:
    for split, clips in (("train", clips_of_the_train_split(32)), (MEDLEYS, drawn_set(32))):
        boards = told(split, clips)
        batches = Batches(SPOTTED, clips, Letters(), stated_caption, 16, storyboards=boards)
        rng = np.random.default_rng(1)
        rows = torch.cat([batches.batch(list(range(32)), rng, 0.3).opening for _ in range(20)])
        rows = rows[rows[:, 0] != SPOTTED.boi_id]
        untold = stages_and_spots(rows.numpy())[1] == SPOTTED.spots - 1
        assert (untold.all(1) == untold.any(1)).all()
        share = untold.all(1).mean()
        assert share == 0 if split == MEDLEYS else 0.08 < share < 0.25
        measured = batches.batch(list(range(32)), rng).opening.numpy()
        assert (stages_and_spots(measured)[1] < SPOTTED.spots - 1).all()


def test_stages_and_spots_part_and_join() -> None:
    ids = opening_ids(SPOTTED, [3, 4, 5], "cpu", [7, 30, 1874])
    others = opening_ids(SPOTTED, [0, 0, 0], "cpu", [1, 2, 3])
    stages, spots = stages_and_spots(with_spots_of(SPOTTED, ids, others))
    assert np.array_equal(stages, stages_and_spots(ids)[0]) and spots.tolist() == [1, 2, 3]
    assert (stages_and_spots(without_spots(SPOTTED, ids))[1] == SPOTTED.spots - 1).all()
    assert np.array_equal(without_spots(SPOTTED, ids), opening_ids(SPOTTED, [3, 4, 5], "cpu"))


def test_a_model_that_is_told_no_rows_refuses_spots_that_tell_them() -> None:
    with pytest.raises(ValueError, match=r"spot 1874 is none of the 76 .* 25 columns, 0 rows"):
        opening_ids(replace(TOLD, columns=COLUMNS), [3], "cpu", [1874])


def test_rivals_differ_in_spots_alone_or_keep_them() -> None:
    clips = clips_of_the_train_split(64)
    batches = Batches(
        SPOTTED, clips, Letters(), stated_caption, 64, storyboards=told("train", clips)
    )
    batch = batches.batch(list(range(64)), np.random.default_rng(2), rivals=64)
    given = (batch.rivals != SPOTTED.pad_id).any(1).numpy()
    same_text = (batch.text[:, : batch.rivals.shape[1]] == batch.rivals).all(1).numpy()
    stages, spots = stages_and_spots(batch.opening.numpy())
    other_stages, other_spots = stages_and_spots(batch.rival_opening.numpy())
    elsewhere = given & (spots != other_spots).any(1)
    assert elsewhere.sum() >= 4 and same_text[elsewhere].all()
    assert (stages == other_stages).all(1)[elsewhere].all()
    # Of the others the text or the stages tell, never the places.
    acts = given & (stages != other_stages).any(1)
    assert acts.sum() >= 4 and (spots == other_spots).all(1)[acts].all()


def test_rivals_of_a_storyboard_without_spots_tell_none_either() -> None:
    clips = clips_of_the_train_split(64)
    batches = Batches(
        SPOTTED, clips, Letters(), stated_caption, 64, storyboards=told("train", clips)
    )
    rng, untold = np.random.default_rng(4), 0
    for _ in range(4):
        batch = batches.batch(list(range(64)), rng, dropout=0.1, rivals=64)
        own, rival = batch.opening.numpy(), batch.rival_opening.numpy()
        other_text = (batch.text[:, : batch.rivals.shape[1]] != batch.rivals).any(1).numpy()
        known = other_text & (own[:, 0] != SPOTTED.boi_id)
        bare = stages_and_spots(own)[1] == SPOTTED.spots - 1
        assert np.array_equal(bare[known], (stages_and_spots(rival)[1] == SPOTTED.spots - 1)[known])
        untold += (known & bare.all(1)).sum()
    assert untold > 3


def test_the_planner_knows_which_places_have_a_shore() -> None:
    shores = [p for p in CPU.places if any(WORLD.plate(p, n).edge for n in range(CPU.layouts))]
    assert tuple(shores) == WATERSIDE


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    return path_table(CPU, WORLD)


def columns_of(table: np.ndarray, action: str, direction: str, rate: int = 1) -> np.ndarray:
    """Columns of the key frames of every path on land, [PATHS, 5]."""
    kind = CPU.actions.index(action), DIRECTIONS.index(direction), GROUNDS.index("land")
    return key_frame_opening(table[kind][:, RATES.index(rate)] // ROWS % COLUMNS)


def test_paths_go_where_the_action_goes(table: np.ndarray) -> None:
    assert table.shape == path_shape(CPU) and table.dtype == np.int32
    assert table.min() >= 0 and table.max() < 3 * COLUMNS * ROWS
    right, left = columns_of(table, "walk", "right"), columns_of(table, "walk", "left")
    assert (np.diff(right) > 0).all() and (np.diff(left) < 0).all()
    assert len({tuple(path) for path in right.tolist()}) > 2
    # At twice the rate half as far.
    far, near = (columns_of(table, "walk", "right", rate)[:, [0, -1]] for rate in (1, 2))
    assert np.allclose(np.diff(far), 2 * np.diff(near), atol=1)
    jumps = columns_of(table, "jump", "unstated")
    assert jumps.min() >= 2 and jumps.max() <= COLUMNS - 3  # not cut off at an edge
    assert (np.ptp(columns_of(table, "eat", "unstated"), axis=1) == 0).all()


def test_paths_rise_where_somebody_leaps(table: np.ndarray) -> None:
    rows = table % ROWS
    jumps = rows[CPU.actions.index("jump"), :, 0, :, RATES.index(1)]
    assert (jumps[..., 0] >= 18).all() and (jumps[..., -1] == 20).all()
    assert (jumps.min(-1) <= 17).all() and (np.diff(jumps[..., -8:]) == 0).all()
    closer = rows[CPU.actions.index("walk_toward"), :, 0, :, RATES.index(1)]
    assert (np.diff(closer) >= 0).all() and (closer[..., -1] > closer[..., 0] + 3).all()


def test_paths_face_as_they_are_asked_to(table: np.ndarray) -> None:
    facings = table // (COLUMNS * ROWS)
    act = CPU.actions.index
    assert (facings[act("run"), DIRECTIONS.index("right")] == 0).all()
    assert (facings[act("run"), DIRECTIONS.index("left")] == 1).all()
    assert set(np.unique(facings[act("run"), DIRECTIONS.index("unstated")])) == {0, 1}
    # Who drinks faces the water whatever it is asked; of the shores that one is taken.
    assert (facings[act("drink"), DIRECTIONS.index("left")] == 1).all()
    assert (facings[act("walk_toward")] == 2).all() and (facings[act("cheer"), ..., 16] == 2).all()


def test_whoever_comes_closer_by_the_water_does_so_beside_it(table: np.ndarray) -> None:
    columns = table[CPU.actions.index("walk_toward")] // ROWS % COLUMNS
    dry, wet = (set(np.unique(columns[:, index])) for index in range(2))
    assert wet == {7, 17} and dry <= {10, 12, 14}  # in every direction that is asked for


def test_the_graph_hands_out_the_path_of_the_seed(table: np.ndarray) -> None:
    torch.manual_seed(6)
    pieces, pad = 300, 0
    config = replace(
        SPOTTED, codes=64, pad_id=64, boi_id=400, null_hint_id=401,
        vocabulary=402 + len(STAGES), text_slots=20,
    )  # fmt: skip
    sizes = PlannerConfig(config.codes, pieces, pad, len(CPU.actions), paths=table.shape)
    planner = Planner(sizes).eval()
    planner.paths.copy_(torch.from_numpy(table))
    with torch.no_grad():
        for parameter in planner.parameters():
            parameter.add_(torch.randn_like(parameter))
    plans = storyboard_table(config, CPU, table)
    kinds = len(DIRECTIONS) * len(GROUNDS)
    assert plans.shape == (len(CPU.actions) * kinds + 1, *path_shape(CPU)[3:])
    session = ort.InferenceSession(build_storyboard_graph(planner, plans).SerializeToString())
    rng, found_plans, unstated = np.random.default_rng(7), set(), 0
    for length in (1, 3, 12):
        rows = rng.integers(1, pieces, (60, length))
        padded = np.zeros((60, config.text_slots), np.int64)
        padded[:, :length] = rows
        (found,) = session.run(None, {"text": (padded + config.codes).astype(np.int32)})
        for row, plan in zip(rows, found, strict=True):
            for seed in (0, 5, PATHS + 1):
                expected = plan_of(planner, config, CPU, row.tolist(), 2, seed)
                assert np.array_equal(plan[seed % PATHS, RATES.index(2)], expected)
            found_plans.add(plan.tobytes())
            unstated += (plan == config.boi_id).all()
    assert len(found_plans) > 10 and unstated > 0
