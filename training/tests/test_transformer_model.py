"""The training graph against the cached step graph, position by position, and causality."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from training.transformer import visibility
from training.transformer.cached import CachedDecoder, Decoding
from training.transformer.config import (
    FRAMES,
    GIVEN_SLOTS,
    WANTED_SLOTS,
    Stage,
    TransformerConfig,
    Window,
)
from training.transformer.model import Transformer
from training.transformer.sequence import hints_of

SMALL = TransformerConfig(
    stage="keyframes", grid=4, codes=20, vocabulary=32, boi_id=30, null_hint_id=31, pad_id=20,
    text_slots=6, layers=3, hidden=32, heads=2, ffn=48, hints=1, copy_gate=True,
    windows=(Window(2, 2), Window(1, 4), Window(2, 2, shift=1)),
)  # fmt: skip
VARIANTS = {
    "default": SMALL,
    "cogvideo": replace(
        SMALL, norm="layer", activation="gelu", biases=True, positions="absolute",
        tied_head=True, hints=0, copy_gate=False, windows=(Window(2, 2), Window(2, 2, shift=1)),
    ),
    "full attention": replace(SMALL, windows=(), layers=2),
    "unequal windows": replace(SMALL, windows=(Window(3, 3), Window(2, 3, shift=1))),
    "tied, hints without gate": replace(SMALL, tied_head=True, copy_gate=False),
    "text summary": replace(SMALL, text_summary=24),
    "stages in every row": replace(SMALL, stages=3, vocabulary=35, stage_rows=True),
    "spots in every row": replace(SMALL, stages=3, vocabulary=35, stage_rows=True, columns=5),
    "spots with heights in every row": replace(
        SMALL, stages=3, vocabulary=35, stage_rows=True, columns=5, rows=3
    ),
}  # fmt: skip
STAGES: tuple[Stage, ...] = ("keyframes", "interpolation")


def make_case(config: TransformerConfig) -> tuple[Transformer, Tensor, Tensor, Tensor]:
    """A model with every parameter random, padded texts [2, T], tokens and hints."""
    torch.manual_seed(0)
    model = Transformer(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    text = torch.randint(21, 30, (2, config.text_slots))
    text[1, 4:] = config.pad_id
    tokens = torch.randint(0, config.codes, (2, FRAMES, config.cells))
    hints = torch.from_numpy(hints_of(config, tokens.numpy()))
    return model, text, tokens, hints


def openings(config: TransformerConfig) -> Tensor | None:
    """Storyboards of the two texts, int64 [2, 5], where the model reads any."""
    if not config.stages:
        return None
    behind = torch.tensor([[0, 1, 5, 6, 7], [9, 3, 11, 2, 4]])
    return config.first_stage_id + behind * (config.stages * config.spots - 1) // 11


@pytest.mark.parametrize("lag", [0, 3])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", VARIANTS)
def test_cached_steps_equal_the_training_graph(name: str, stage: Stage, lag: int) -> None:
    config = VARIANTS[name].for_stage(stage)
    model, text, tokens, hints = make_case(config)
    with torch.no_grad():
        opening = openings(config)
        expected = model.logits(model(text, tokens, hints, opening=opening, lag=lag), hints)
        decoder = CachedDecoder(model, text, Decoding(lag=lag), opening)
        slots = range(FRAMES) if stage == "keyframes" else WANTED_SLOTS
        if stage == "interpolation":
            decoder.prefill_given(tokens)
        for slot in slots:
            for cell in range(config.cells):
                logits = decoder.next_logits(tokens, slot, cell)
                difference = (logits - expected[:, slot, cell]).abs().max()
                assert difference < 5e-5, f"slot {slot} cell {cell}"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_later_cell_never_changes_an_earlier_output(name: str, stage: Stage) -> None:
    config = VARIANTS[name].for_stage(stage)
    model, text, tokens, _ = make_case(config)
    generated = list(range(FRAMES)) if stage == "keyframes" else list(WANTED_SLOTS)

    def outputs(codes: Tensor) -> Tensor:
        hints = torch.from_numpy(hints_of(config, codes.numpy()))
        with torch.no_grad():
            return model.logits(model(text, codes, hints), hints)[:, generated].flatten(1, 2)

    before = outputs(tokens)
    for order, cell in [(0, 3), (1, 0), (1, 9), (len(generated) - 1, 14)]:
        changed = tokens.clone()
        changed[:, generated[order], cell] = (tokens[:, generated[order], cell] + 7) % config.codes
        same = (outputs(changed) - before).abs().amax(dim=(0, 2)) < 1e-6
        first = order * config.cells + cell
        assert same[: first + 1].all()
        assert not same[first + 1 :].all(), "the change must be seen by something later"


def test_given_frames_see_the_whole_frame_but_no_generated_one() -> None:
    config = SMALL.for_stage("interpolation")
    model, text, tokens, hints = make_case(config)
    with torch.no_grad():
        before = model(text, tokens, hints)
        changed = tokens.clone()
        changed[:, 1] = (changed[:, 1] + 1) % config.codes
        after = model(text, changed, hints)
        assert torch.equal(before[:, list(GIVEN_SLOTS)], after[:, list(GIVEN_SLOTS)])
        changed = tokens.clone()
        changed[:, 2, 14] = (changed[:, 2, 14] + 1) % config.codes
        moved = (model(text, changed, hints) - before).abs().amax(dim=(0, 3))
    assert (moved[2] > 1e-6).all(), "every row of a given frame sees its last input"


def test_padding_and_its_content_do_not_matter() -> None:
    model, text, tokens, hints = make_case(SMALL)
    with torch.no_grad():
        long = model(text[1:], tokens[1:], hints[1:])
        short = model(text[1:, :4], tokens[1:], hints[1:])
    torch.testing.assert_close(long, short, atol=2e-5, rtol=2e-5)


def slow_visible(
    config: TransformerConfig, layer: int, query: tuple[int, int], lag: int = 0
) -> np.ndarray:
    """The rules of visibility spelt out cell by cell: bool [5, C]."""
    window = config.window(layer)
    f, k = query
    seen = np.zeros((FRAMES, config.cells), bool)
    for g in range(FRAMES):
        for j in range(config.cells):
            if window is not None:
                bands = [
                    ((c // config.grid + window.shift) // window.height,
                     (c % config.grid + window.shift) // window.width)
                    for c in (k, j)
                ]  # fmt: skip
                if bands[0] != bands[1]:
                    continue
            if config.stage == "keyframes":
                seen[g, j] = g * config.cells + j <= f * config.cells + k
            elif g % 2 == 0:
                seen[g, j] = True
            elif f % 2 == 1:
                seen[g, j] = g < f or (g == f and j <= k)
            if lag and config.stage == "keyframes" and g < f:
                seen[g, j] &= j < k + (f - g) * lag
            if lag and config.stage == "interpolation" and (g, f) == (1, 3):
                seen[g, j] &= j < k + lag
    return seen


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", VARIANTS)
def test_temporal_windows_equal_the_slow_twin(name: str, stage: Stage) -> None:
    config = VARIANTS[name].for_stage(stage)
    for layer in range(config.layers):
        for slot in range(FRAMES):
            for cell in range(config.cells):
                for lag in (0, 3):
                    fast = visibility.temporal_cells_visible(
                        stage, config.grid, config.window(layer), slot, cell, lag=lag
                    )
                    slow = slow_visible(config, layer, (slot, cell), lag)
                    assert (fast == slow.ravel()).all()


def test_cogvideo_shifted_windows_are_nine_rectangles() -> None:
    """10x10 windows shifted by 5 on a 20x20 grid: bands 0-4, 5-14, 15-19 both ways."""
    regions = visibility.region_ids(20, Window(10, 10, shift=5)).reshape(20, 20)
    band = np.array([0] * 5 + [1] * 10 + [2] * 5)
    expected = band[:, None] * 3 + band[None]
    assert (regions == expected).all()
    assert len(np.unique(visibility.region_ids(20, Window(10, 10)))) == 4


def test_config_survives_json() -> None:
    for config in VARIANTS.values():
        assert TransformerConfig.from_json(config.to_json()) == config


def test_config_refuses_a_gate_without_hints() -> None:
    with pytest.raises(ValueError, match="copy_gate needs hints"):
        replace(SMALL, hints=0)
