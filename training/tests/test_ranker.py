"""The ranker: damage and labels, score, training, export, and the choice among candidates."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.common.distributed import Process
from training.common.random_stream import stream_key, uniform
from training.evaluation.clip_sampler import ClipSampler, Settings, Wish
from training.evaluation.package import PackageError, open_package
from training.export.checkpoints import check_fit, untrained_parts
from training.export.comparison import compare_ranker, round_parts
from training.export.onnx_transformer import open_session
from training.export.package import write_package
from training.export.ranker_fixture import (
    FOLDER,
    MICRO_PACKAGE,
    fixture_ranker,
    golden_choice,
    ranked_package,
)
from training.export.ranker_graph import build_ranker_graph
from training.export.weight_storage import Precision, round_weights
from training.presets import CPU, MICRO
from training.ranker.accuracy import accuracy, action_table, groups
from training.ranker.batches import IGNORED, UNCLEAR, RankerBatches
from training.ranker.clips import stage_classes
from training.ranker.config import RANKER_RECIPES, ranker_folder
from training.ranker.corruption import Corruption, corrupt
from training.ranker.learn_due import due_table, duration_texts, learn_due
from training.ranker.losses import expected_loss, label_losses
from training.ranker.model import ACTIONS, STAGES, Ranker, load_ranker
from training.ranker.redraw import redraw
from training.ranker.redrawn import Redrawn
from training.ranker.train import Run, Trainer
from training.storyboard.plan import key_frame_opening
from training.text.caption_tokenizer import CaptionTokenizer
from training.text.characters import ASCII
from training.text.train import caption_sample, train_tokenizer
from training.transformer.batches import Batches
from training.transformer.model import Transformer
from training.transformer.text_reader import LABELS
from training.transformer.token_data import draw_window
from training.transformer.tokens import TokenSet
from training.warm_start import warm_start
from training.world.captions import all_caption_words, stated_caption
from training.world.scene import sample_guest_scene, sample_scene
from training.world.visible_stages import stages_at

MAIN = Process(0, 1, torch.device("cpu"))
NOTHING = Corruption(0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def tokenizer() -> CaptionTokenizer:
    words = all_caption_words()["zh"]
    return train_tokenizer(caption_sample(600), words, MICRO.text_pieces, ASCII)


def _clips(count: int, split: str = "train") -> TokenSet:
    """Clips whose rows of cells tell subject, action, direction and, in the last one, place."""
    rng = np.random.default_rng(3)
    scenes = [sample_scene(rng, split) for _ in range(count)]
    tokens = np.zeros((count, 5, 4, 4), np.uint16)
    for clip, scene in zip(tokens, scenes, strict=True):
        clip[:] = LABELS["place"].index(scene.place)
        clip[:, 0] = 16 + LABELS["subject"].index(scene.subject)
        clip[:, 1] = 32 + LABELS["action"].index(scene.action)
        clip[:, 2] = 60 + LABELS["direction"].index(scene.direction)
    return TokenSet(tokens.reshape(count, 5, 16), scenes, ["4.0秒"] * count)


def _batches(tokenizer: CaptionTokenizer, clips: TokenSet, size: int = 16) -> RankerBatches:
    config = MICRO.transformer("keyframes", tokenizer.vocabulary_size, tokenizer.pad_id)
    return RankerBatches(
        Batches(config, clips, tokenizer, stated_caption, size, 0, 0.1), _stages(clips)
    )


def _stages(clips: TokenSet) -> np.ndarray:
    return np.array([[STAGES.index(name) for name in stages_at(scene, range(5))]
                     for scene in clips.scenes])  # fmt: skip


def _random_ranker(tokenizer: CaptionTokenizer) -> Ranker:
    torch.manual_seed(4)
    config = RANKER_RECIPES["micro"].config(
        MICRO, tokenizer.vocabulary_size, tokenizer.pad_id, tokenizer.line_break_id
    )
    model = Ranker(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def _tokens(count: int, codes: int = 64, cells: int = 16) -> np.ndarray:
    return np.random.default_rng(1).integers(0, codes, (count, 5, cells))


def test_no_damage_changes_nothing() -> None:
    tokens = _tokens(6)
    found, shows = corrupt(tokens, 64, np.random.default_rng(0), NOTHING)
    assert np.array_equal(found, tokens) and (shows == np.arange(6)[:, None]).all()


def test_stray_stale_and_foreign_cells_leave_frames_what_they_are() -> None:
    tokens = _tokens(40)
    before = tokens.copy()
    how = Corruption(0, 1, 1, 1, 0, most_stray=0.1, most_stale=0.1)
    found, shows = corrupt(tokens, 64, np.random.default_rng(0), how)
    assert np.array_equal(tokens, before) and (shows == np.arange(40)[:, None]).all()
    changed = (found != tokens).mean()
    assert 0.02 < changed < 0.3 and found.min() >= 0 and found.max() < 64


def test_a_shift_moves_all_frames_of_a_clip_alike() -> None:
    tokens = np.tile(np.arange(16), (60, 5, 1))
    how = replace(NOTHING, shifted=1)
    found, _ = corrupt(tokens, 64, np.random.default_rng(0), how)
    assert (found == found[:, :1]).all()
    steps = {int(clip[0].reshape(4, 4)[1, 1]) for clip in found}
    assert steps == {0, 1, 2, 4, 5, 6, 8, 9, 10}  # cell (1, 1) and its eight neighbours


def test_exchanged_frames_show_another_clip() -> None:
    tokens = np.repeat(np.arange(12), 80).reshape(12, 5, 16)
    how = replace(NOTHING, exchanged=1)
    found, shows = corrupt(tokens, 64, np.random.default_rng(0), how)
    assert np.array_equal(found[:, :, 0], shows)
    foreign = shows != np.arange(12)[:, None]
    assert set(foreign.sum(1).tolist()) <= {1, 2, 3} and len(set(shows[foreign].tolist())) > 3


def test_labels_follow_the_frames(tokenizer: CaptionTokenizer) -> None:
    batches = _batches(tokenizer, _clips(40), 40)
    rng = np.random.default_rng(2)
    batch = batches.training(rng, replace(NOTHING, exchanged=0.5), beginnings=0)
    # Clips tell their subject and place in cells (0, 0) and (3, 0) of every frame.
    assert torch.equal(batch.frames[..., 0], batch.tokens[..., 0] - 16)
    assert torch.equal(batch.frames[..., 1], batch.tokens[..., 12])
    action = batch.tokens[..., 4] - 32
    mixed = (batch.clip == UNCLEAR).all(1)
    assert 10 < mixed.sum() < 30
    assert (batch.clip[~mixed, 0, None] == action[~mixed]).all()
    assert (batch.frames[mixed] != batch.frames[mixed][:, :1]).any()
    assert (batch.stages[~mixed] >= 0).all()
    # Only the exchanged frames lose their stage.
    assert ((batch.stages[mixed] == UNCLEAR).sum(1) <= 3).all()


def test_who_a_guest_is_has_no_label(tokenizer: CaptionTokenizer) -> None:
    rng = np.random.default_rng(0)
    own, guests = _clips(20), [sample_guest_scene(rng) for _ in range(20)]
    tokens = np.concatenate([own.tokens, own.tokens])
    clips = TokenSet(tokens, [*own.scenes, *guests], ["4.0秒"] * 40)
    batches = _batches(tokenizer, clips, 40)
    assert (batches.labels[:20] >= 0).all() and (batches.labels[20:, 1:] >= 0).all()
    batch = batches.training(rng, NOTHING, beginnings=0)
    of_guest = batch.frames[:, 0, 0] == IGNORED
    assert 10 < of_guest.sum() < 30
    assert (batch.frames[of_guest][..., 0] == IGNORED).all() and (batch.clip >= 0).all()


def test_redrawn_cells_take_the_place_of_some(tokenizer: CaptionTokenizer, tmp_path: Path) -> None:
    batches = _batches(tokenizer, _clips(40), 40)
    version = np.full((2, 5, 16), 63, np.uint16)
    Redrawn(version, np.array([7, 9])).save(tmp_path / "redrawn.npz")
    batches.redrawn = Redrawn.load(tmp_path / "redrawn.npz")
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(20):
        batch = batches.training(rng, NOTHING, beginnings=0)
        shares += (batch.tokens == 63).float().mean((1, 2)).tolist()
    hit = [share for share in shares if share]
    assert 0.02 < len(hit) / len(shares) < 0.09, "two clips of forty"
    assert min(hit) < 0.3 and max(hit) > 0.7


def test_redrawing_draws_every_cell_from_the_true_ones_before_it(
    tokenizer: CaptionTokenizer,
) -> None:
    torch.manual_seed(0)
    batches = _batches(tokenizer, _clips(6), 6).clips
    model = Transformer(batches.config).eval()
    drawn, again = (redraw(model, batches, [1, 4], torch.Generator().manual_seed(5)) for _ in "ab")
    assert drawn.shape == (2, 5, 16) and drawn.max() < 64
    assert np.array_equal(drawn, again)
    batches.clips.tokens[[1, 4], 4, 15] ^= 1  # the last cell of all is read by none
    changed = redraw(model, batches, [1, 4], torch.Generator().manual_seed(5))
    assert np.array_equal(changed, drawn)


def test_of_beginnings_only_what_is_drawn_is_shown(tokenizer: CaptionTokenizer) -> None:
    batches = _batches(tokenizer, _clips(40), 40)
    batch = batches.training(np.random.default_rng(2), NOTHING, beginnings=1)
    waiting = (batch.tokens == 64).all(2)
    assert torch.equal(waiting, (batch.tokens == 64).any(2)), "whole frames"
    counts = (~waiting).sum(1)
    assert set(counts.tolist()) == {1, 2, 3, 4} and not waiting[:, 0].any()
    assert (waiting.int().diff(dim=1) >= 0).all(), "what is drawn comes first"
    assert (batch.frames[waiting] == IGNORED).all() and (batch.frames[~waiting] >= 0).all()
    assert (batch.stages >= 0).all() and (batch.clip >= 0).all(), "these are to be foreseen"


def test_stages_are_those_of_the_split_in_order(tokenizer: CaptionTokenizer) -> None:
    windows = [draw_window("key", "train", index, "cpu") for index in range(20)]
    scenes, times, durations = (list(part) for part in zip(*windows, strict=True))
    clips = TokenSet(np.zeros((20, 5, 16), np.uint16), scenes, durations)
    found = stage_classes(MICRO, clips, "train")
    for row, scene, moments in zip(found, scenes, times, strict=True):
        assert [STAGES[index] for index in row] == stages_at(scene, moments)
    with pytest.raises(ValueError, match="clip 0 of the validation set is not the one"):
        stage_classes(MICRO, clips, "validation")


def test_losses_by_hand() -> None:
    logits = torch.zeros(2, 5, 7)
    logits[..., 2] = 50  # the last class of the first label
    labels = torch.full((2, 5, 2), UNCLEAR)
    labels[..., 1] = 1
    losses = label_losses(logits, labels, (3, 4))
    assert losses.tolist() == pytest.approx([0, np.log(4)], abs=1e-5)
    logits[:, 3:, 0] = 90  # wrong, but nothing tells these frames yet
    labels[:, 3:, 0] = IGNORED
    assert float(label_losses(logits, labels, (3, 4))[0]) == pytest.approx(0, abs=1e-5)


def test_what_is_due_is_learnt_from_storyboards_where_there_are_some(
    tokenizer: CaptionTokenizer,
) -> None:
    clips = _clips(20)
    shown, due = _stages(clips), np.full((20, 5), 3)
    batches = RankerBatches(_batches(tokenizer, clips, 20).clips, shown, due)
    model = _random_ranker(tokenizer)
    batch = batches.whole(list(range(20)))
    assert torch.equal(batch.stages, torch.from_numpy(shown)) and (batch.due == 3).all()
    action = batch.clip[:, 0]
    rows = model.expected_stages(batch.text)[torch.arange(20), action].log_softmax(2)
    assert torch.allclose(expected_loss(model, batch), -rows[..., 3].mean())
    damaged = batches.training(np.random.default_rng(5), replace(NOTHING, exchanged=1.0))
    mixed = (damaged.stages == UNCLEAR).any(1)
    assert mixed.any() and (damaged.due[mixed] == IGNORED).all()
    assert (damaged.due[~mixed] == 3).all()


def test_another_table_of_storyboards_is_learnt_without_the_pictures(
    tokenizer: CaptionTokenizer,
) -> None:
    model = _random_ranker(tokenizer)
    before = model.pictures.state_dict()
    texts, due = duration_texts(MICRO, tokenizer), due_table(MICRO)
    assert due.shape == (4, len(LABELS["action"]), 5)
    jump = [STAGES[i] for i in due[0, LABELS["action"].index("jump")]]
    assert jump == ["run_up", "run_up", "leap", "land", "stand"]
    assert learn_due(model, texts, due) < 0.05
    assert torch.equal(model.expected_stages(texts).argmax(3), due)
    after = model.pictures.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_score_is_the_expected_log_probability(tokenizer: CaptionTokenizer) -> None:
    model = _random_ranker(tokenizer)
    text = torch.full((3, 9), 64 + tokenizer.pad_id)
    for row, words in zip(text, ("", "a lion", "一只狮子跑"), strict=True):
        pieces = torch.tensor([tokenizer.line_break_id, *tokenizer.encode(words)][:9])
        row[: len(pieces)] = pieces + 64
    tokens = torch.from_numpy(_tokens(3))
    tokens[1, 3:] = 64  # two frames are not drawn yet
    frames, clip, stages = (part.double() for part in model.read_pictures(text, tokens))
    due = model.expected_stages(text).double().softmax(3)
    logits = dict(zip(("subject", "place"), frames.split([14, 9], 2), strict=True))
    logits |= dict(zip(("action", "direction"), clip[:, None].split([15, 4], 2), strict=True))
    wanted, start = np.zeros(3), 0
    for name, classes in LABELS.items():
        for row in range(3):
            told = model.read_text(text)[row, start : start + len(classes) + 1].double().softmax(0)
            for index in range(len(classes)):
                seen = [float(one.softmax(0)[index].log()) for one in logits[name][row]]
                drawn = seen[:3] if row == 1 else seen
                weight = 3 if name in ("subject", "place") else 1
                wanted[row] += weight * float(told[index]) * np.mean(drawn)
            if name == "action":
                wanted[row] += _stage_score(told[:-1], due[row], stages[row].softmax(1))
        start += len(classes) + 1
    np.testing.assert_allclose(model(text, tokens).numpy(), wanted, rtol=1e-4)
    # Padding says nothing.
    longer = torch.cat([text, torch.full((3, 4), 64 + tokenizer.pad_id)], 1)
    np.testing.assert_allclose(model(longer, tokens).numpy(), wanted, rtol=1e-4)


def _stage_score(actions: torch.Tensor, due: torch.Tensor, seen: torch.Tensor) -> float:
    """actions [A], due [A, 5, S], seen [5, S + 1]; by the formula of the ranker's docstring."""
    stated, score = float(actions.sum()), 0.0
    for frame in range(5):
        share = sum(
            float(actions[action]) / stated * float(due[action, frame, stage] * seen[frame, other])
            for action in range(ACTIONS)
            for stage in range(len(STAGES))
            for other in range(len(STAGES))
            if _pose_of(STAGES[stage]) == _pose_of(STAGES[other])
        )
        score += stated * float(np.log(share + 1e-3))
    return score


def _pose_of(stage: str) -> str:
    same = {"drink": "eat", "run_up": "run", "land": "walk", "approach": "walk"}
    return same.get(stage, stage)


def test_of_the_text_pictures_are_read_with_the_duration_alone(tokenizer: CaptionTokenizer) -> None:
    model = _random_ranker(tokenizer)
    tokens = torch.from_numpy(_tokens(1))

    def row(duration: str, prompt: str) -> torch.Tensor:
        pieces = [*tokenizer.encode(duration), tokenizer.line_break_id, *tokenizer.encode(prompt)]
        return torch.tensor([pieces]) + 64

    frames, clip, stages = model.read_pictures(row("4.0秒", "a lion runs"), tokens)
    due = model.expected_stages(row("4.0秒", "a lion runs"))
    for text, same in ((row("4.0秒", "狮子"), True), (row("2.0秒", "a lion runs"), False)):
        found = model.read_pictures(text, tokens)
        assert torch.allclose(found[0], frames)
        assert torch.allclose(found[1], clip) == torch.allclose(found[2], stages) == same
        assert torch.allclose(model.expected_stages(text), due) == same


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_graph_computes_what_torch_computes(
    tokenizer: CaptionTokenizer, precision: Precision
) -> None:
    model = _random_ranker(tokenizer)
    session = open_session(build_ranker_graph(model, precision).SerializeToString())
    round_weights(model, precision)
    batches = _batches(tokenizer, _clips(20))
    batch = batches.whole(list(range(20)))
    batch.tokens[5:9, 2:] = 64  # beginnings
    feeds = {"text": batch.text.int().numpy(), "tokens": batch.tokens.int().numpy()}
    (found,) = session.run(None, feeds)
    assert found.shape == (20,) and found.std() > 0.1
    np.testing.assert_allclose(found, model(batch.text, batch.tokens).numpy(), atol=1e-3)


def test_the_graph_of_what_ships_stays_small() -> None:
    model = Ranker(RANKER_RECIPES["cpu"].config(CPU, 1024, 0, 2))
    assert len(build_ranker_graph(model, "int8").SerializeToString()) <= 2e6


def test_training_learns_to_prefer_the_clip_that_was_asked_for(
    tokenizer: CaptionTokenizer, tmp_path: Path
) -> None:
    batches = _batches(tokenizer, _clips(400), 32)
    trainer = Trainer(Run("micro", tmp_path, steps=400), MAIN, batches)
    while (share := trainer.share()) < 1:
        trainer.step(share)
    trainer.save_final()
    model, held = load_ranker(tmp_path / "final.pt"), _batches(tokenizer, _clips(60, "heldout"))
    found = accuracy(model, held, np.arange(60))
    assert min(found.shown.values()) > 0.8 and found.stated["place"] > 0.8, found
    assert found.stages > 0.8, found  # what is due follows from the action that the tokens tell
    batch = held.whole(list(range(60)))
    other = batch.tokens.roll(1, 0)
    place = batch.frames[:, 0, 1]
    unlike = (place != place.roll(1, 0)) & (batch.stated[:, 2] >= 0)
    better = model(batch.text, batch.tokens) > model(batch.text, other)
    assert better[unlike].float().mean() > 0.9
    names = [name for name, _, _ in groups(batches, held)]
    assert names[:2] == ["trained pairs", "held-out pairs"]
    first = LABELS["action"][int(batch.clip[0, 0])]
    assert f"  {first}: {first} " in action_table(model, held, np.arange(60))


def test_an_interrupted_run_goes_on_with_the_same_weights(
    tokenizer: CaptionTokenizer, tmp_path: Path
) -> None:
    batches, run = _batches(tokenizer, _clips(40)), Run("micro", tmp_path, steps=20)
    first = Trainer(run, MAIN, batches)
    for _ in range(5):
        first.step(first.share())
    first.save()
    second = Trainer(run, MAIN, batches)
    assert second.budget.step == 5
    for trainer in (first, second):
        torch.manual_seed(1)  # dropout
        trainer.step(trainer.share())
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
    wider = _batches(tokenizer, _clips(40))
    wider.clips.config = replace(wider.clips.config, boi_id=wider.clips.config.boi_id + 1)
    with pytest.raises(ValueError, match="other sizes: give --restart"):
        Trainer(run, MAIN, wider)


def test_the_sampler_keeps_the_candidate_that_fits_best(tmp_path: Path) -> None:
    package = ranked_package(tmp_path)
    wishes = [Wish("a lion drinks water at the lake", 5, 1), Wish("红色的汽车", 6, 1)]
    drawn = ClipSampler(package, Settings(2.0, 1.0, 0.8, 20, candidates=4))
    together = drawn.clips(wishes, 1)
    for wish, clip in zip(wishes, together, strict=True):
        # A stream of its own: the candidate is the clip of that window number.
        alone = np.concatenate([drawn._key_frames([wish], [c]) for c in range(4)])
        scores = np.array([drawn.scores([wish], frames[None])[0] for frames in alone])
        assert len(set(np.round(scores, 4))) == 4
        assert np.array_equal(clip[::2], alone[scores.argmax()])
    single = ClipSampler(package, Settings(2.0, 1.0, 0.8, 20))
    first = drawn._key_frames(wishes[:1], [0])
    assert np.array_equal(single.key_frames(wishes[:1]), first)


def test_candidates_go_on_from_the_best_frame(tmp_path: Path) -> None:
    package = ranked_package(tmp_path)
    wishes = [Wish("a lion drinks water at the lake", 5, 1), Wish("红色的汽车", 6, 1)]
    settings = Settings(2.0, 1.0, 0.8, 20, candidates=3, choose_frames=True)
    sampler = ClipSampler(package, settings)
    together = sampler.key_frames(wishes)
    single = ClipSampler(package, Settings(2.0, 1.0, 0.8, 20))
    for wish, found in zip(wishes, together, strict=True):
        kept = np.zeros((1, 0, 16), np.int32)
        for slot in range(5):
            # Plainly: every candidate's runner is given the frames that were kept so far.
            drawn = [_continued(single, wish, candidate, kept) for candidate in range(3)]
            scores = [float(sampler.scores([wish], frames)[0]) for frames in drawn]
            assert slot or len({tuple(frames[0, -1]) for frames in drawn}) == 3
            kept = drawn[int(np.argmax(scores))]
            assert np.array_equal(found[slot], kept[0, slot])
    whole = ClipSampler(package, replace(settings, choose_frames=False)).key_frames(wishes)
    assert not np.array_equal(whole, together)


def _continued(sampler: ClipSampler, wish: Wish, candidate: int, before: np.ndarray) -> np.ndarray:
    """The frames [1, n + 1, C] that a candidate makes of frames [1, n, C], step by step."""
    opening = key_frame_opening(sampler.storyboard(wish))[None]
    runner = sampler._runner("keyframes", [wish], 1, 2.0, opening)
    runner.prefill(np.zeros((2, 0, 16), np.int32))
    key, frames = stream_key(wish.seed, 0, candidate), before
    for slot in range(before.shape[1] + 1):
        known = before[:, slot] if slot < before.shape[1] else None
        drawn = np.zeros((1, 16), np.int32)
        hint = np.full((2, 2), sampler.manifest["ids"]["nullHint"], np.int32)
        for cell in range(16):
            first = np.array([opening[0, slot], sampler.manifest["ids"]["beginOfImage"]])
            ids = np.tile(drawn[:, cell - 1], 2) if cell else first
            if slot:
                hint[:, 0] = frames[0, slot - 1, cell]
            logits = runner.step(slot, cell, ids, hint)
            own = sampler._draw(logits, 2.0, [uniform(key, 16 * slot + cell)])
            drawn[:, cell] = own if known is None else known[:, cell]
    return np.concatenate([frames, drawn[:, None]], axis=1)


def test_several_candidates_need_a_ranker() -> None:
    with pytest.raises(PackageError, match="no graph ranker to choose among 2 candidates"):
        ClipSampler(open_package(MICRO_PACKAGE), Settings(2.0, 1.0, 0.8, 20, candidates=2))


def test_the_manifest_says_how_many_candidates(tmp_path: Path) -> None:
    manifest = ranked_package(tmp_path).manifest
    assert Settings.of_manifest(manifest).candidates == 1
    assert not Settings.of_manifest(manifest).choose_frames
    manifest["sampling"] |= {"candidates": 3, "candidateChoice": "frame"}
    assert Settings.of_manifest(manifest).choose_frames
    assert Settings.of_manifest(manifest).candidates == 3
    assert Settings.of_manifest(manifest, candidates=2).candidates == 2


def test_parts_that_do_not_fit_are_refused(tokenizer: CaptionTokenizer) -> None:
    parts = untrained_parts(MICRO, tokenizer)
    check_fit(replace(parts, ranker=_random_ranker(tokenizer)))
    ranker = Ranker(replace(_random_ranker(tokenizer).config, codes=32))
    with pytest.raises(ValueError, match=r"ranker was trained with other tokens.*'codes': 64"):
        check_fit(replace(parts, ranker=ranker))
    with pytest.raises(ValueError, match="draws 3 candidates, but has no ranker"):
        check_fit(replace(parts, preset=replace(MICRO, candidates=3)))


def test_a_package_with_a_ranker_is_written_checked_and_read_back(
    tokenizer: CaptionTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "data"))
    preset, ranker = replace(MICRO, candidates=4), _random_ranker(tokenizer)
    parts = replace(untrained_parts(MICRO, tokenizer), preset=preset, ranker=ranker)
    folder = tmp_path / "package"
    write_package(parts, folder, "abc", "test")
    package = open_package(folder)
    assert Settings.of_manifest(package.manifest).candidates == 4
    assert package.manifest["graphs"]["ranker"]["inputs"] == ["text", "tokens"]
    round_parts(parts)
    difference = compare_ranker(parts, ranker, folder)
    assert difference.passes, difference
    ranker.sentence.heads[0].bias[0] += 1
    assert not compare_ranker(parts, ranker, folder).passes
    start = ranker_folder("micro") / "start.pt"
    assert start not in warm_start(folder, MICRO)  # of a preset without a ranker
    assert start in warm_start(folder, replace(MICRO, ranker_minutes=1))
    text = torch.full((4, 9), 64 + tokenizer.pad_id)
    text[:, :3] = 64 + torch.tensor([5, tokenizer.line_break_id, 7])
    tokens = torch.from_numpy(_tokens(4))
    ranker.sentence.heads[0].bias[0] -= 1
    scores = ranker(text, tokens)
    assert scores.std() > 0.1
    torch.testing.assert_close(load_ranker(start)(text, tokens), scores, atol=1e-3, rtol=1e-4)


def test_the_fixture_of_the_runtime_is_this_exporters(tmp_path: Path) -> None:
    package = ranked_package(tmp_path)
    golden = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    wanted = build_ranker_graph(fixture_ranker(package.manifest), "int8").SerializeToString()
    assert (FOLDER / "ranker.onnx").read_bytes() == wanted
    found = golden_choice(package)
    assert {name: golden[name] for name in found} == found
