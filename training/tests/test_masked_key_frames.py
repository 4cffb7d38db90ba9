"""Key frames that draw many cells at once: copies in training, passes over caches, equal paths."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from training.common.random_stream import draw_token, stream_key, uniform
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.transformer_graph import TransformerGraph
from training.export.weight_storage import round_weights
from training.tests.test_transformer_model import SMALL, make_case
from training.transformer import visibility
from training.transformer.batches import HIDDEN_COPIES, Batches
from training.transformer.cached import CachedDecoder
from training.transformer.config import FRAMES, NOT_DRAWN, TransformerConfig, Window
from training.transformer.loss import losses_with_rivals
from training.transformer.masked_drawing import Passes, draw_masked
from training.transformer.masked_key_frames import MaskedKeyFrames
from training.transformer.masking import hidden_copies
from training.transformer.model import Transformer
from training.transformer.sample import Sampling, draw_key_frames, sample_key_frames
from training.transformer.sequence import hints_of
from training.transformer.tokens import TokenSet
from training.world.scene import sample_scene

CONFIG = replace(SMALL, layers=2, masked=True, copy_gate=True)
WINDOWS = ((), (Window(2, 2),), (Window(2, 2), Window(2, 2, shift=1)))


def _openings(config: TransformerConfig, clips: int) -> Tensor:
    return torch.randint(config.codes, config.vocabulary, (clips, FRAMES))


def _copies(tokens: Tensor, copied: list[int]) -> Tensor:
    hidden, _ = hidden_copies(tokens.numpy(), copied, np.random.default_rng(5))
    return torch.from_numpy(hidden)


@torch.inference_mode()
def _with_copies(
    model: Transformer, text: Tensor, tokens: Tensor, hidden: Tensor, copied: list[int],
    opening: Tensor,
) -> Tensor:  # fmt: skip
    """Logits [B, 5 + M, C, K] of the training graph: of the frames and of their copies."""
    hints = torch.from_numpy(hints_of(model.config, tokens.numpy()))
    both = torch.cat([hints, hints[:, copied]], 1)
    read = torch.cat([tokens, hidden], 1)
    told = torch.cat([opening, opening[:, copied]], 1)
    rows = model(text, read, both, opening=told, masked=True, copied=torch.tensor(copied))
    return model.logits(rows, both)


@pytest.mark.parametrize("windows", WINDOWS)
def test_frames_do_not_see_their_copies(windows: tuple[Window, ...]) -> None:
    model, text, tokens, _ = make_case(replace(CONFIG, windows=windows))
    opening = _openings(model.config, len(tokens))
    hints = torch.from_numpy(hints_of(model.config, tokens.numpy()))
    with torch.inference_mode():
        plain = model.logits(model(text, tokens, hints, opening=opening), hints)
    both = _with_copies(model, text, tokens, _copies(tokens, [1, 3]), [1, 3], opening)
    torch.testing.assert_close(both[:, :FRAMES], plain, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("windows", WINDOWS)
def test_passes_over_the_caches_equal_the_training_graph(windows: tuple[Window, ...]) -> None:
    model, text, tokens, _ = make_case(replace(CONFIG, windows=windows))
    opening = _openings(model.config, len(tokens))
    every = list(range(FRAMES))
    hidden = _copies(tokens, every)
    expected = _with_copies(model, text, tokens, hidden, every, opening)[:, FRAMES:]
    with torch.inference_mode():
        decoder = MaskedKeyFrames(model, text, opening)
        for slot in every:
            found = decoder.logits(hidden[:, slot])
            torch.testing.assert_close(found, expected[:, slot], atol=2e-5, rtol=1e-4)
            decoder.finish(tokens[:, slot])


@torch.inference_mode()
def test_a_finished_frame_is_kept_as_cell_by_cell() -> None:
    model, text, tokens, _ = make_case(replace(CONFIG, windows=WINDOWS[2]))
    opening = _openings(model.config, len(tokens))
    passes, cells = MaskedKeyFrames(model, text, opening), CachedDecoder(model, text, None, opening)
    for slot in range(2):
        passes.finish(tokens[:, slot])
        for cell in range(model.config.cells):
            cells.next_logits(tokens, slot, cell)
    kept = model.config.text_slots + 2 * model.config.cells
    for (*_, key, value), (*_, by_key, by_value) in zip(passes.caches, cells.caches, strict=True):
        assert key.shape[2] == kept
        torch.testing.assert_close(key, by_key[:, :, :kept], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(value, by_value[:, :, :kept], atol=1e-5, rtol=1e-4)


def test_a_copy_sees_its_own_frame_and_those_before() -> None:
    rule = visibility.temporal_slots_visible("keyframes", masked=True)
    assert (
        rule[:FRAMES, :FRAMES].tolist() == visibility.temporal_slots_visible("keyframes").tolist()
    )
    assert not rule[:FRAMES, FRAMES:].any()
    assert rule[FRAMES:, :FRAMES].tolist() == np.tril(np.ones((5, 5), int), -1).tolist()
    assert rule[FRAMES:, FRAMES:].tolist() == np.eye(5, dtype=int).tolist()
    own = visibility.spatial_cells_visible("keyframes", 2, masked=True)
    assert own.shape == (10, 4, 4) and own[FRAMES:].all()
    assert (own[:FRAMES] == np.tril(np.ones((4, 4), bool))).all()


def test_the_exported_graph_equals_torch(tmp_path: Path) -> None:
    model, text, tokens, _ = make_case(CONFIG)
    round_weights(model, "int8")
    file = tmp_path / "keyframes.onnx"
    file.write_bytes(TransformerGraph(model, "int8").build().SerializeToString())
    graph = OnnxTransformer(open_session(file), model.config)
    hidden = _copies(tokens, [2])[:, 0]
    with torch.inference_mode():
        found = []
        for one in (model, graph):
            decoder = MaskedKeyFrames(one, text)  # type: ignore[arg-type]
            for slot in range(2):
                decoder.finish(tokens[:, slot])
            found.append(decoder.logits(hidden))
    torch.testing.assert_close(*found, atol=2e-4, rtol=1e-3)


class _Words:
    line_break_id = 1

    def encode(self, text: str) -> list[int]:
        return [2, 3]


def _batches(config: TransformerConfig) -> Batches:
    tokens = np.random.default_rng(0).integers(0, config.codes, (8, 5, config.cells))
    scene = sample_scene(np.random.default_rng(0))
    clips = TokenSet(tokens.astype(np.uint16), [scene] * 8, ["1.0秒"] * 8)
    return Batches(config, clips, _Words(), lambda scene, rng: "a cow", 4, first_frame_weight=3.0)


def test_training_reads_copies_beside_the_frames() -> None:
    batch = _batches(CONFIG).training(3, 0, 1)
    count = FRAMES + HIDDEN_COPIES
    copied = batch.copied.tolist()
    assert batch.masked and len(copied) == HIDDEN_COPIES and copied == sorted(set(copied))
    for part in (batch.tokens, batch.read, batch.hints, batch.weights, batch.opening):
        assert part.shape[1] == count
    for place, frame in enumerate(copied, start=FRAMES):
        assert torch.equal(batch.tokens[:, place], batch.tokens[:, frame])
        assert torch.equal(batch.hints[:, place], batch.hints[:, frame])
        hidden = batch.read[:, place] == NOT_DRAWN
        assert torch.equal(batch.weights[:, place], batch.weights[:, frame] * hidden)
        assert torch.equal(batch.read[:, place][~hidden], batch.read[:, frame][~hidden])
    assert (batch.read[:, :FRAMES] != NOT_DRAWN).all()
    model = Transformer(CONFIG)
    losses, _ = losses_with_rivals(model, batch)
    assert losses.shape == batch.weights.shape and torch.isfinite(losses).all()
    assert not _batches(replace(CONFIG, masked=False)).training(3, 0, 1).masked


def test_every_frame_is_copied_in_turn() -> None:
    batches = _batches(CONFIG)
    seen = {frame for step in range(20) for frame in batches.training(step, 0, 1).copied.tolist()}
    assert seen == set(range(FRAMES))


def test_a_drawing_behind_another_takes_later_numbers() -> None:
    logits = np.random.default_rng(6).normal(0, 1, (1, 8, 9))
    key = stream_key(9, 0, 1)
    drawn = draw_masked(lambda tokens: logits, 8, [key], Passes(1), 1.0, 0, first=48)
    expected = [draw_token(logits[0, cell], 1.0, 0, uniform(key, 48 + cell)) for cell in range(8)]
    assert drawn[0].tolist() == expected


def test_key_frames_are_drawn_either_way() -> None:
    model, text, _, _ = make_case(CONFIG)
    empty = torch.full_like(text, model.config.pad_id)
    sampling = Sampling(guidance=1.5, temperature=1.0, top_k=4, passes=Passes(3))
    reports: list[tuple[int, int]] = []
    at_once, by_cell = (
        sample_key_frames(
            model, text, empty, range(len(text)), way, lambda *done: reports.append(done)
        )
        for way in (sampling, replace(sampling, passes=None))
    )
    assert at_once.shape == by_cell.shape == (len(text), FRAMES, model.config.cells)
    assert (at_once >= 0).all() and not torch.equal(at_once, by_cell)
    total = FRAMES * model.config.cells
    assert reports[14] == (total, total) and len(reports) == 15 + total


@torch.inference_mode()
def test_the_next_frame_goes_on_from_the_chosen_one() -> None:
    model, text, _, _ = make_case(CONFIG)
    frames = torch.zeros(len(text), FRAMES, model.config.cells, dtype=torch.int64)
    branch = MaskedKeyFrames(model, text)

    def choose(slot: int) -> None:
        frames[:, slot] = slot

    sampling, passes = Sampling(guidance=1.0, temperature=0.0), Passes(2)
    draw_key_frames([branch], frames, [1] * len(text), sampling, passes, choose)
    assert [int(tokens.unique()) for tokens in branch.finished] == [0, 1, 2, 3]


@torch.inference_mode()
def test_cell_by_cell_the_same_weights_draw_as_without_masked_cells() -> None:
    model, text, tokens, _ = make_case(CONFIG)
    plain = Transformer(replace(model.config, masked=False)).eval()
    plain.load_state_dict(model.state_dict())
    decoders = [CachedDecoder(one, text) for one in (model, plain)]
    for cell in range(3):
        found, expected = (decoder.next_logits(tokens, 0, cell) for decoder in decoders)
        torch.testing.assert_close(found, expected)
