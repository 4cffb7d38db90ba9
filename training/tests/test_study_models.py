"""The study's networks: equal sizes, shared parameters, and decoding that agrees with training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.study.models import count_parameters, share_parameters, widened
from training.study.single_channel import SingleChannelTransformer
from training.study.window_decoder import WindowDecoder
from training.transformer.cached import CachedDecoder
from training.transformer.config import GIVEN_SLOTS, WANTED_SLOTS, TransformerConfig, Window
from training.transformer.model import Transformer
from training.transformer.sequence import hints_of

CONFIG = TransformerConfig(
    stage="keyframes", grid=4, codes=24, vocabulary=60, boi_id=58, null_hint_id=59, pad_id=24,
    text_slots=7, layers=3, hidden=32, heads=2, ffn=64, hints=2, copy_gate=True,
    windows=(Window(2, 2), Window(1, 4), Window(4, 1)),
)  # fmt: skip
TEXT = torch.tensor([[30, 31, 32, 24, 24], [40, 41, 42, 43, 24]])


def make(kind: type[Transformer], config: TransformerConfig) -> Transformer:
    torch.manual_seed(3)
    model = kind(config)
    for parameter in model.parameters():  # nothing may stay at a neutral start value
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model.eval().requires_grad_(False)


def clip_tokens() -> torch.Tensor:
    return torch.randint(0, CONFIG.codes, (2, 5, CONFIG.cells), generator=_generator())


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_key_frames_decode_like_the_product() -> None:
    model, frames = make(Transformer, CONFIG), clip_tokens()
    ours, theirs = WindowDecoder(model, TEXT), CachedDecoder(model, TEXT)
    ours.prefill(frames, ())
    for slot in range(5):
        for cell in range(CONFIG.cells):
            found = ours.next_logits(frames, slot, cell)
            wanted = theirs.next_logits(frames, slot, cell)
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_interpolation_decodes_like_the_product() -> None:
    model = make(Transformer, replace(CONFIG, stage="interpolation"))
    frames = clip_tokens()
    ours, theirs = WindowDecoder(model, TEXT), CachedDecoder(model, TEXT)
    ours.prefill(frames, GIVEN_SLOTS)
    theirs.prefill_given(frames)
    for slot in WANTED_SLOTS:
        for cell in range(CONFIG.cells):
            found = ours.next_logits(frames, slot, cell)
            wanted = theirs.next_logits(frames, slot, cell)
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", [Transformer, SingleChannelTransformer])
@pytest.mark.parametrize("given", [(), (0,), (0, 1)])
def test_decoding_after_given_frames_agrees_with_training(
    kind: type[Transformer], given: tuple[int, ...]
) -> None:
    windows = CONFIG.windows if kind is Transformer else ()
    model, frames = make(kind, replace(CONFIG, windows=windows)), clip_tokens()
    hints = torch.from_numpy(hints_of(model.config, frames.numpy()))
    wanted = model.logits(model(TEXT, frames, hints), hints)
    decoder = WindowDecoder(model, TEXT)
    decoder.prefill(frames, given)
    for slot in range(len(given), 5):
        for cell in range(CONFIG.cells):
            found = decoder.next_logits(frames, slot, cell)
            torch.testing.assert_close(found, wanted[:, slot, cell], atol=1e-4, rtol=1e-3)


def test_single_channel_sees_earlier_frames_and_no_later_cell() -> None:
    model, frames = make(SingleChannelTransformer, replace(CONFIG, hints=1, windows=())), None
    frames = clip_tokens()
    null = torch.full((2, 5, CONFIG.cells, 2), CONFIG.null_hint_id)
    before = model(TEXT, frames, null)
    changed = frames.clone()
    changed[:, 2, 7] = (changed[:, 2, 7] + 1) % CONFIG.codes
    differs = (model(TEXT, changed, null) - before).abs().amax((0, 3)) > 1e-7
    wanted = np.zeros((5, CONFIG.cells), bool)
    wanted[2, 8:], wanted[3:] = True, True
    assert np.array_equal(differs.numpy(), wanted)


def test_single_channel_refuses_image_training() -> None:
    model = make(SingleChannelTransformer, replace(CONFIG, windows=()))
    hints = torch.full((2, 5, CONFIG.cells, 2), CONFIG.null_hint_id)
    with pytest.raises(ValueError, match="base_only"):
        model(TEXT, clip_tokens(), hints, True)
    with pytest.raises(ValueError, match="no windows"):
        SingleChannelTransformer(CONFIG)


def test_widened_models_have_the_wanted_size() -> None:
    wanted = count_parameters(Transformer(CONFIG))
    config = replace(CONFIG, hints=1, windows=(), layers=4)
    found = count_parameters(
        SingleChannelTransformer(widened(config, wanted, SingleChannelTransformer))
    )
    assert abs(found - wanted) <= CONFIG.hidden * 4


def test_shared_parameters_are_the_same_tensors() -> None:
    source, target = Transformer(CONFIG), Transformer(replace(CONFIG, stage="interpolation"))
    share_parameters(source, target)
    pairs = zip(source.parameters(), target.parameters(), strict=True)
    assert all(a is b for a, b in pairs)
    # The masks stay each stage's own.
    assert target.mask_spatial.shape != source.mask_spatial.shape
