"""Interpolation that draws many cells at once: what is hidden, seen and kept, and equal paths."""

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
from training.transformer.batches import Batches
from training.transformer.cached import CachedDecoder
from training.transformer.config import NOT_DRAWN, WANTED_SLOTS, TransformerConfig, Window
from training.transformer.masked_decoder import MaskedDecoder
from training.transformer.masked_drawing import Passes, draw_masked, draw_tokens, hidden_after
from training.transformer.masking import with_masked_cells
from training.transformer.model import Transformer
from training.transformer.sample import Sampling, interpolate_round
from training.transformer.sequence import hints_of
from training.transformer.tokens import TokenSet
from training.world.scene import sample_scene

CONFIG = replace(SMALL.for_stage("interpolation"), layers=2, masked=True, hints=2, copy_gate=True)
WINDOWS = ((), (Window(2, 2), Window(2, 2, shift=1)))
SPOTTED = replace(CONFIG, stages=3, vocabulary=35, stage_rows=True, columns=5, rows=3)
"""Every row is told what opens its frame."""


def _config(windows: tuple[Window, ...] = WINDOWS[1]) -> TransformerConfig:
    return replace(CONFIG, windows=windows)


def _case(config: TransformerConfig) -> tuple[Transformer, Tensor, Tensor]:
    """A model, texts, and windows of which some cells are hidden."""
    model, text, tokens, _ = make_case(config)
    read, _ = with_masked_cells(tokens.numpy(), np.random.default_rng(5))
    return model, text, torch.from_numpy(read)


def _openings(config: TransformerConfig, clips: int) -> Tensor:
    return torch.randint(config.codes, config.ids, (clips, 5))


@torch.inference_mode()
def _whole(model: Transformer, text: Tensor, read: Tensor, opening: Tensor) -> Tensor:
    """Logits [B, 2*C, K] of the training graph."""
    hints = torch.from_numpy(hints_of(model.config, read.numpy()))
    logits = model.logits(model(text, read, hints, opening=opening, masked=True), hints)
    return logits[:, list(WANTED_SLOTS)].flatten(1, 2)


@pytest.mark.parametrize("config", [*map(_config, WINDOWS), replace(SPOTTED, windows=WINDOWS[1])])
def test_a_pass_over_the_caches_equals_the_training_graph(config: TransformerConfig) -> None:
    model, text, read = _case(config)
    opening = _openings(config, len(read))
    with torch.inference_mode():
        decoder = MaskedDecoder(model, text, read.clamp_min(0), opening)
        found = decoder.logits(read[:, list(WANTED_SLOTS)].flatten(1))
    torch.testing.assert_close(found, _whole(model, text, read, opening), atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("config", [_config(), SPOTTED])
def test_the_exported_graph_equals_torch(tmp_path: Path, config: TransformerConfig) -> None:
    model, text, read = _case(config)
    round_weights(model, "int8")
    file = tmp_path / "interpolation.onnx"
    file.write_bytes(TransformerGraph(model, "int8").build().SerializeToString())
    graph = OnnxTransformer(open_session(file), model.config)
    tokens = read[:, list(WANTED_SLOTS)].flatten(1)
    given = read.clamp_min(0)
    with torch.inference_mode():
        opening = _openings(config, len(read))
        expected = MaskedDecoder(model, text, given, opening).logits(tokens)
        found = MaskedDecoder(graph, text, given, opening).logits(tokens)  # type: ignore[arg-type]
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


def test_wanted_frames_see_each_other_and_given_frames_see_none_of_them() -> None:
    rule = visibility.temporal_slots_visible("interpolation", masked=True)
    assert rule.tolist() == [
        [1, 0, 1, 0, 1],
        [1, 1, 1, 1, 1],
        [1, 0, 1, 0, 1],
        [1, 1, 1, 1, 1],
        [1, 0, 1, 0, 1],
    ]
    assert visibility.spatial_cells_visible("interpolation", 2, masked=True).all()


def test_a_hidden_token_is_not_read_and_a_told_one_is() -> None:
    model, text, read = _case(_config(()))
    opening = _openings(model.config, len(read))
    before = _whole(model, text, read, opening)
    told = (read[0, 1] != NOT_DRAWN).nonzero()[0, 0]
    other = read.clone()
    other[0, 1, told] = (other[0, 1, told] + 1) % model.config.codes
    after = _whole(model, text, other, opening)
    cells = model.config.cells
    assert not torch.equal(before[0, cells:], after[0, cells:])  # slot 3 sees slot 1
    assert torch.equal(before[1:], after[1:])


def test_hidden_cells_are_of_the_wanted_frames_alone() -> None:
    tokens = np.random.default_rng(0).integers(0, 9, (200, 5, 16))
    read, hidden = with_masked_cells(tokens, np.random.default_rng(1))
    assert (read[:, ::2] == tokens[:, ::2]).all()
    assert ((read[:, list(WANTED_SLOTS)] == NOT_DRAWN) == hidden).all()
    assert (read[:, list(WANTED_SLOTS)] == tokens[:, list(WANTED_SLOTS)])[~hidden].all()
    shares = hidden.mean((1, 2))
    assert hidden.any((1, 2)).all()
    assert abs(shares.mean() - 2 / np.pi) < 0.05  # the mean of a quarter of a cosine


def test_passes_keep_more_and_more_cells_to_the_last() -> None:
    left = [hidden_after(number, 8, 288) for number in range(8)]
    assert left == sorted(left, reverse=True)
    assert left[0] > 270 and left[-1] == 0


def test_tokens_are_drawn_as_the_random_stream_defines() -> None:
    rng = np.random.default_rng(2)
    logits = np.round(rng.normal(0, 2, (300, 40)), 1)  # rounded: many ties
    numbers = rng.random(300)
    for temperature, top_k in ((1.0, 0), (0.6, 7), (0.0, 5), (2.0, 1)):
        tokens, sureness = draw_tokens(logits, temperature, top_k, numbers)
        expected = [
            draw_token(row, temperature, top_k, u) for row, u in zip(logits, numbers, strict=True)
        ]
        assert tokens.tolist() == expected
        assert (sureness <= 1e-12).all()


def test_the_surest_cells_are_kept_first_and_never_change() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 9, 32)
    strength = rng.permutation(32)
    seen: list[np.ndarray] = []

    def predict(tokens: np.ndarray) -> np.ndarray:
        seen.append(tokens.copy())
        logits = np.zeros((1, 32, 9))
        logits[0, np.arange(32), truth] = 1 + strength / 8
        return logits

    keys = [stream_key(1, 1, 0)]
    drawn = draw_masked(predict, 32, keys, Passes(4, noise=0.0), 0.0, 5)
    assert (drawn[0] == truth).all()
    assert len(seen) == 4
    for number, tokens in enumerate(seen[1:]):
        told = tokens[0] != NOT_DRAWN
        assert told.sum() == 32 - hidden_after(number, 4, 32)
        assert strength[told].min() > strength[~told].max()
        assert (tokens[0][told] == truth[told]).all()


def test_a_drawing_depends_on_its_stream_alone() -> None:
    table = np.random.default_rng(4).normal(0, 2, (32, 9))

    def predict(tokens: np.ndarray) -> np.ndarray:
        return np.repeat(table[None], len(tokens), axis=0)

    keys = [stream_key(seed, 1, 0) for seed in range(3)]
    together = draw_masked(predict, 32, keys, Passes(5), 1.0, 5)
    apart = [draw_masked(predict, 32, [key], Passes(5), 1.0, 5)[0] for key in keys]
    assert (together == np.stack(apart)).all()
    assert not (together[0] == together[1]).all()


def test_a_first_pass_takes_the_numbers_of_its_cells() -> None:
    logits = np.random.default_rng(6).normal(0, 1, (1, 8, 9))
    key = stream_key(9, 2, 1)
    drawn = draw_masked(lambda tokens: logits, 8, [key], Passes(1), 1.0, 0)
    expected = [draw_token(logits[0, cell], 1.0, 0, uniform(key, cell)) for cell in range(8)]
    assert drawn[0].tolist() == expected


def test_a_round_fills_the_gaps_either_way() -> None:
    model, text, read = _case(_config())
    frames = read[0, ::2]
    empty = torch.full_like(text[:1], model.config.pad_id)
    sampling = Sampling(guidance=1.5, temperature=1.0, top_k=4, passes=Passes(3))
    at_once, by_cell = (
        interpolate_round(model, frames, text[:1], empty, 5, 1, way)
        for way in (sampling, replace(sampling, passes=None))
    )
    for clip in (at_once, by_cell):
        assert clip.shape == (5, model.config.cells)
        assert torch.equal(clip[::2], frames)
        assert (clip >= 0).all()
    assert not torch.equal(at_once, by_cell)


@torch.inference_mode()
def test_cell_by_cell_the_same_weights_draw_as_without_masked_cells() -> None:
    model, text, read = _case(_config())
    plain = Transformer(replace(model.config, masked=False)).eval()
    plain.load_state_dict(model.state_dict())
    tokens = read.clamp_min(0)
    decoders = [CachedDecoder(one, text) for one in (model, plain)]
    for decoder in decoders:
        decoder.prefill_given(tokens)
    for cell in range(3):
        found, expected = (decoder.next_logits(tokens, 1, cell) for decoder in decoders)
        torch.testing.assert_close(found, expected)


def test_training_takes_both_ways_in_turns() -> None:
    config = _config()
    tokens = np.random.default_rng(0).integers(0, config.codes, (8, 5, config.cells))
    scene = sample_scene(np.random.default_rng(0))
    clips = TokenSet(tokens.astype(np.uint16), [scene] * 8, ["1.0秒"] * 8)
    batches = Batches(config, clips, _Words(), lambda scene, rng: "a cow", 2)
    turns = [batches.training(step, 0, 1) for step in range(4)]
    assert [turn.masked for turn in turns] == [False, True, False, True]
    hidden = turns[1].read[:, list(WANTED_SLOTS)] == NOT_DRAWN
    assert torch.equal(turns[1].weights > 0, hidden)
    assert (turns[0].weights > 0).all()


class _Words:
    line_break_id = 1

    def encode(self, text: str) -> list[int]:
        return [2, 3]
