"""The storyboard: what it says, how training and sampling tell it, and the graph that plans it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
import torch

from training.export.stage_names import stage_entries
from training.export.storyboard_graph import build_storyboard_graph
from training.presets import CPU as CPU_PRESET
from training.presets import GPU
from training.ranker.clips import due_in_clips
from training.storyboard.axes import RATES, STEPS
from training.storyboard.plan import (
    key_frame_opening,
    plan_of,
    planned_classes,
    storyboard_table,
    window_opening,
)
from training.storyboard.planner import Planner, PlannerConfig
from training.storyboard.train import NOT_ASKED, Captions
from training.tests.test_transformer_training import CONFIG, Letters, token_set
from training.transformer.batches import Batches
from training.transformer.cached import CachedDecoder
from training.transformer.loss import losses_with_rivals, token_losses
from training.transformer.model import Transformer
from training.transformer.sample import Sampling, interpolate_round, sample_key_frames
from training.transformer.storyboard import Storyboards, frame_times, opening_ids
from training.transformer.token_data import draw_window
from training.transformer.tokens import TokenSet
from training.world.captions import actionless_caption, stated_caption
from training.world.dataset import DURATION_TEXTS
from training.world.scene import sample_scene
from training.world.subsets import CPU, subset_named
from training.world.visible_stages import stage_lines, stages_of, told_classes

STAGES = stages_of("cpu")
TOLD = replace(
    CONFIG, stages=len(STAGES), vocabulary=CONFIG.vocabulary + len(STAGES), text_slots=90
)


def names_of(plan: list[int]) -> list[str]:
    """Stages of a plan, neighbouring repeats joined."""
    names = [STAGES[index] for index in plan]
    return [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]


def test_a_plan_shows_the_whole_action_at_one_frame_a_second() -> None:
    assert names_of(planned_classes(CPU, "jump", 1)) == ["run_up", "leap", "land", "stand"]
    assert names_of(planned_classes(CPU, "drink", 1)) == ["approach", "lower", "drink", "raise"]
    assert names_of(planned_classes(CPU, "swim", 1)) == ["swim"]


def test_key_frames_show_as_many_stages_as_a_clip_allows() -> None:
    def seen(action: str) -> list[str]:
        plan = np.array(planned_classes(CPU, action, 1))
        return [STAGES[index] for index in key_frame_opening(plan)]

    # A jump of the average clip lands between two key frames, but not every jump does.
    assert seen("jump") == ["run_up", "run_up", "leap", "land", "stand"]
    assert seen("park") == ["drive", "drive", "drive", "brake", "parked"]
    assert "lower" not in seen("drink")  # that lasts less than a second in any clip
    assert seen("attack")[-1] == "stand"


def test_what_is_due_is_what_the_storyboard_tells() -> None:
    clips = clips_of_the_train_split(40)
    due = due_in_clips(CPU_PRESET, clips)
    for row, scene, text in zip(due, clips.scenes, clips.durations, strict=True):
        rate = next(rate for rate, known in DURATION_TEXTS.items() if known == text)
        plan = storyboard_table(TOLD, CPU)[CPU.actions.index(scene.action), 0, RATES.index(rate)]
        assert np.array_equal(opening_ids(TOLD, row, "cpu"), key_frame_opening(plan))


@pytest.mark.parametrize("action", CPU.actions)
def test_a_short_plan_keeps_the_order_and_shows_what_the_action_is_named_for(action: str) -> None:
    whole = names_of(planned_classes(CPU, action, 1))
    for rate in RATES[1:3]:  # at 8 frames a second some actions are longer than the window
        part = names_of(planned_classes(CPU, action, rate))
        assert any(whole[i : i + len(part)] == part for i in range(len(whole)))
    core = {"jump": "leap", "eat": "eat", "drink": "drink", "park": "brake", "sit": "sit_down"}
    if action in core:
        assert core[action] in names_of(planned_classes(CPU, action, 2))


def test_frames_take_the_point_of_the_plan_at_their_time() -> None:
    plan = np.arange(STEPS + 1)
    assert key_frame_opening(plan).tolist() == [0, 8, 16, 24, 32]
    assert window_opening(plan, 1).tolist() == [[0, 4, 8, 12, 16], [16, 20, 24, 28, 32]]
    third = window_opening(plan, 3)
    assert third.shape == (8, 5) and third[-1].tolist() == [28, 29, 30, 31, 32]
    coarse = window_opening(np.arange(9), 3)  # more frames than points: the one before
    assert coarse[0].tolist() == [0, 0, 0, 0, 1]


def clips_of_the_train_split(count: int) -> TokenSet:
    drawn = [draw_window("key", "train", index) for index in range(count)]
    tokens = token_set(count).tokens
    return TokenSet(tokens, [scene for scene, _, _ in drawn], [text for _, _, text in drawn])


def test_storyboards_say_what_the_frames_of_a_split_show() -> None:
    clips = clips_of_the_train_split(20)
    times = frame_times("key", "train", clips, "cpu")
    assert times.shape == (20, 5) and (np.diff(times) > 0).all()
    told = Storyboards.of_split("key", "train", clips, "cpu")
    jump = next(i for i, scene in enumerate(clips.scenes) if scene.action == "jump")
    ids = told.of(TOLD, jump, clips.scenes[jump]) - TOLD.first_stage_id
    assert "leap" in [STAGES[i] for i in ids]
    with pytest.raises(ValueError, match="clip 0 of the validation set"):
        frame_times("key", "validation", clips, "cpu")


def test_stages_that_are_one_pose_are_told_as_one() -> None:
    pairs = {"drink": "eat", "run_up": "run", "land": "walk", "approach": "walk"}
    table = storyboard_table(TOLD, CPU)
    for name, told in pairs.items():
        one, other = (TOLD.first_stage_id + STAGES.index(stage) for stage in (name, told))
        assert opening_ids(TOLD, STAGES.index(name), "cpu") == other, name
        assert other in table and one not in table, name
    plans = [table[CPU.actions.index(action)] for action in ("drink", "eat")]
    assert all(TOLD.first_stage_id + STAGES.index("eat") in plan for plan in plans)
    # The full world's mugs are drunk from with the head up.
    of_full = stages_of("full")
    drinks = opening_ids(TOLD, [of_full.index("drink")], "full")
    assert drinks == TOLD.first_stage_id + of_full.index("drink")


def test_training_loses_storyboards_now_and_then_and_measuring_never() -> None:
    clips = clips_of_the_train_split(32)
    told = Storyboards.of_split("key", "train", clips, "cpu")
    batches = Batches(TOLD, clips, Letters(), stated_caption, 16, storyboards=told)
    measured = batches.batch(list(range(32)), np.random.default_rng(0))
    assert (measured.opening >= TOLD.first_stage_id).all()
    rng = np.random.default_rng(1)
    trained = [batches.batch(list(range(32)), rng, 0.3) for _ in range(20)]
    opening = torch.cat([batch.opening for batch in trained])
    has_prompt = torch.cat([(batch.text[:, 6:] != TOLD.pad_id).any(1) for batch in trained])
    has_plan = opening[:, 0] >= TOLD.first_stage_id
    assert ((opening >= TOLD.first_stage_id).all(1) == has_plan).all()  # all frames or none
    assert 0.75 < has_plan[has_prompt].float().mean() < 0.95
    assert 0.5 < has_plan[~has_prompt].float().mean() < 0.8
    plain = replace(batches, storyboards=None).batch([0, 1], np.random.default_rng(0))
    assert (plain.opening == TOLD.boi_id).all()


def test_a_rival_of_another_action_has_the_storyboard_of_that_action() -> None:
    clips = clips_of_the_train_split(32)
    told = Storyboards.of_split("key", "train", clips, "cpu")
    batches = Batches(TOLD, clips, Letters(), stated_caption, 32, storyboards=told)
    batch = batches.batch(list(range(32)), np.random.default_rng(2), rivals=32)
    differs = (batch.opening != batch.rival_opening).any(1)
    assert 0.1 < differs.float().mean() < 0.9  # directions and places change nothing
    model = Transformer(TOLD)
    own, wrong = losses_with_rivals(model, batch)
    swapped = replace(batch, text=batch.rivals, opening=batch.rival_opening)
    assert torch.allclose(wrong, token_losses(model, swapped), atol=1e-5)
    assert own.shape == wrong.shape


def told_line(action: str) -> list[str]:
    """The stages of an action as storyboards tell them, in order."""
    told = told_classes("cpu")
    return [STAGES[told[STAGES.index(name)]] for name in stage_lines(CPU)[action]]


def test_a_moved_storyboard_is_the_same_action_at_another_time() -> None:
    clips = clips_of_the_train_split(60)
    told = Storyboards.of_split("key", "train", clips, "cpu")
    rng = np.random.default_rng(3)
    found = 0
    for index, scene in enumerate(clips.scenes):
        line = told_line(scene.action)
        moved = told.moved(TOLD, index, scene, rng)
        if moved is None:
            assert len(set(told.of(TOLD, index, scene))) == 1, scene.action
            continue
        found += 1
        assert not np.array_equal(moved, told.of(TOLD, index, scene))
        names = [STAGES[i] for i in moved - TOLD.first_stage_id]
        assert set(names) <= set(line)
        if scene.action != "attack":  # comes twice
            assert names == sorted(names, key=line.index)
    assert found > 10


def test_rivals_of_the_in_between_frames_differ_in_the_storyboard_alone() -> None:
    clips = clips_of_the_train_split(32)
    told = Storyboards.of_split("key", "train", clips, "cpu")
    config = TOLD.for_stage("interpolation")
    batches = Batches(config, clips, Letters(), stated_caption, 32, storyboards=told)
    batch = batches.batch(list(range(32)), np.random.default_rng(2), rivals=32)
    given = (batch.rivals != config.pad_id).any(1)
    assert given.float().mean() > 0.8
    assert torch.equal(batch.rivals[given], batch.text[given])
    assert (batch.rival_opening != batch.opening).any(1)[given].all()
    seen = {tuple(row) for row in (batch.rival_opening - config.first_stage_id)[given].tolist()}
    assert any(STAGES[row[0]] != STAGES[row[-1]] for row in seen)


@pytest.mark.parametrize("tied", [False, True])
@torch.no_grad()
def test_the_cached_path_opens_frames_as_training_does(tied: bool) -> None:
    torch.manual_seed(3)
    rng = np.random.default_rng(4)
    for stage in ("keyframes", "interpolation"):
        config = replace(TOLD.for_stage(stage), tied_head=tied, tied_hints=tied)
        model = Transformer(config).eval()
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.add_(parameter[0].numel() ** -0.5 * torch.randn_like(parameter))
        clips = token_set(2)
        batch = Batches(config, clips, Letters(), stated_caption, 2).batch([0, 1], rng)
        opening = config.first_stage_id + torch.tensor([[0, 1, 2, 3, 4], [5, 5, 6, 6, 7]])
        hidden = model(batch.text, batch.tokens, batch.hints, False, opening)
        logits = model.logits(hidden, batch.hints)
        decoder = CachedDecoder(model, batch.text, opening=opening)
        slots = (0, 1, 2, 3, 4)
        if stage == "interpolation":
            decoder.prefill_given(batch.tokens)
            slots = (1, 3)
        for slot in slots:
            for cell in range(config.cells):
                found = decoder.next_logits(batch.tokens, slot, cell)
                assert torch.allclose(found, logits[:, slot, cell], atol=1e-4), (stage, slot, cell)
        plain = model.logits(model(batch.text, batch.tokens, batch.hints), batch.hints)
        assert not torch.allclose(plain, logits, atol=1e-2)


@torch.no_grad()
def test_sampling_tells_the_storyboard_to_the_branch_with_the_prompt_only() -> None:
    torch.manual_seed(5)
    model = Transformer(TOLD).eval()
    model.word.weight.data[TOLD.first_stage_id :] += 2
    text, empty = torch.full((1, 8), TOLD.codes + 5), torch.full((1, 8), TOLD.codes + 6)
    opening = torch.full((1, 5), TOLD.first_stage_id + 3)
    greedy = Sampling(guidance=2, temperature=0)
    told = sample_key_frames(model, text, empty, [1], greedy, opening=opening)
    assert not torch.equal(told, sample_key_frames(model, text, empty, [1], greedy))
    # Without guidance there is one branch: the same as a text that both branches share.
    alone = Sampling(guidance=1, temperature=0)
    first = sample_key_frames(model, text, empty, [1], alone, opening=opening)
    assert torch.equal(first, sample_key_frames(model, text, text, [2], alone, opening=opening))
    between = Transformer(TOLD.for_stage("interpolation")).eval()
    frames = interpolate_round(
        between, told[0], text, empty, 1, 1, alone, opening=opening.expand(2, -1)
    )
    assert frames.shape == (9, TOLD.cells) and torch.equal(frames[::2], told[0])


def test_the_graph_plans_as_the_model_reads() -> None:
    torch.manual_seed(6)
    config = CPU_PRESET.transformer("keyframes", 300, 0)
    planner = Planner(PlannerConfig(config.codes, 300, 0, len(CPU.actions))).eval()
    with torch.no_grad():
        for parameter in planner.parameters():
            parameter.add_(torch.randn_like(parameter))
    table = storyboard_table(config, CPU)
    assert table.shape == (len(CPU.actions) + 1, 1, len(RATES), STEPS + 1)
    assert (table[-1] == config.boi_id).all() and (table[:-1] >= config.first_stage_id).all()
    session = ort.InferenceSession(build_storyboard_graph(planner, table).SerializeToString())
    rng = np.random.default_rng(7)
    plans = set()
    for length in (1, 4, 30):
        pieces = rng.integers(1, 300, (40, length))
        padded = np.zeros((40, config.text_slots), np.int64)
        padded[:, :length] = pieces
        (found,) = session.run(None, {"text": (padded + config.codes).astype(np.int32)})
        for row, plan in zip(pieces, found, strict=True):
            for index, rate in enumerate(RATES):
                expected = plan_of(planner, config, CPU, row.tolist(), rate)
                assert plan[0, index].tolist() == expected.tolist()
            plans.add(plan.tobytes())
    assert len(plans) > 5


@pytest.mark.parametrize("world", ["cpu", "full"])
def test_captions_without_an_action_name_none(world: str) -> None:
    rng = np.random.default_rng(8)
    for _ in range(400):
        scene = sample_scene(rng, world=world)
        text = actionless_caption(scene, rng).lower()
        assert text
        for word in ("jump", "drink", "walk", "swim", "danc", "throw", "跳", "喝", "走", "游泳"):
            assert word not in text, text


def test_the_full_world_has_storyboards_too() -> None:
    subset = subset_named(GPU.subset)
    config = GPU.transformer("keyframes", 300, 0)
    table = storyboard_table(config, subset)
    assert table.shape == (len(subset.actions) + 1, 1, len(RATES), STEPS + 1)
    assert config.first_stage_id <= table[:-1].min() and table.max() < config.vocabulary
    names = {entry["en"]: entry["id"] for entry in stage_entries(config, GPU.subset)}
    assert len(names) == config.stages == len(stages_of(GPU.subset))
    take_off = table[subset.actions.index("take_off"), 0, RATES.index(1)]
    assert {names["on the ground"], names["climbs"]} <= set(take_off.tolist())


def test_planner_captions_are_labelled_with_what_they_state() -> None:
    class Characters:
        pad_id = 0

        def encode(self, text: str) -> list[int]:
            return [ord(c) % 250 + 1 for c in text]

    captions = Captions(CPU_PRESET, Characters())  # type: ignore[arg-type]
    text, labels = captions.training(np.random.default_rng(9), 400)
    unstated = labels[:, 0] == len(CPU.actions)
    assert text.shape == (400, CPU_PRESET.text_slots)
    assert 0.06 < unstated.float().mean() < 0.2
    empty = (text == CPU_PRESET.codes).all(1)
    assert empty.any() and unstated[empty].all()
    assert len(set(labels[:, 0].tolist())) == len(CPU.actions) + 1
    assert (labels[unstated, 1:] == NOT_ASKED).all()
    kinds = labels[~unstated, 1:]
    assert {tuple(kind) for kind in kinds.tolist()} == {(d, g) for d in range(3) for g in range(2)}
