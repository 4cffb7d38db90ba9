"""Sampling: rounds and merging, independence of batching, and greedy tokens of the full graph."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from training.tests.test_transformer_model import SMALL, make_case
from training.transformer.config import FRAMES
from training.transformer.model import Transformer
from training.transformer.sample import (
    Sampling,
    interpolate_clip,
    interpolate_round,
    sample_key_frames,
    text_rows,
)
from training.transformer.sequence import hints_of

CONFIG = replace(SMALL, layers=2)


def texts_of(model: Transformer, count: int) -> tuple[Tensor, Tensor]:
    def encode(text: str) -> list[int]:
        return [1 + ord(c) % 9 for c in text]

    prompts = [f"p{i}" for i in range(count)]
    conditional = text_rows(model, encode, 9, "1", prompts)
    return conditional, text_rows(model, encode, 9, "1", [""] * count)


def test_greedy_key_frames_are_the_argmax_of_the_training_graph() -> None:
    model, *_ = make_case(CONFIG)
    text, empty = texts_of(model, 2)
    frames = sample_key_frames(model, text, empty, [1, 2], Sampling(guidance=2, temperature=0))
    hints = torch.from_numpy(hints_of(CONFIG, frames.numpy()))
    with torch.no_grad():
        conditional, free = (
            model.logits(model(ids, frames, hints), hints).double() for ids in (text, empty)
        )
    guided = free + 2 * (conditional - free)
    margin = guided.topk(2).values
    clear = margin[..., 0] - margin[..., 1] > 1e-3
    assert clear.float().mean() > 0.9
    assert torch.equal(guided.argmax(-1)[clear], frames[clear])


def test_the_seed_decides_and_batching_does_not_matter() -> None:
    model, *_ = make_case(CONFIG)
    text, empty = texts_of(model, 3)
    sampling = Sampling(guidance=1.5, temperature=1.0, top_k=10)
    together = sample_key_frames(model, text, empty, [5, 6, 7], sampling)
    alone = sample_key_frames(model, text[1:2], empty[1:2], [6], sampling)
    assert torch.equal(together[1:2], alone)
    other = sample_key_frames(model, text[1:2], empty[1:2], [8], sampling)
    assert not torch.equal(alone, other)


def test_rounds_keep_the_given_frames_and_double_the_rate() -> None:
    model, *_ = make_case(CONFIG.for_stage("interpolation"))
    text, empty = texts_of(model, 1)
    torch.manual_seed(3)
    keys = torch.randint(0, CONFIG.codes, (FRAMES, CONFIG.cells))
    sampling = Sampling(guidance=1, temperature=1.0, top_k=0)
    clip = interpolate_clip(model, keys, [(text, empty)] * 3, 11, sampling)
    assert clip.shape == (33, CONFIG.cells)
    assert torch.equal(clip[::8], keys)
    first = interpolate_round(model, keys, text, empty, 11, 1, sampling)
    assert torch.equal(clip[::4], first)
    # The second window alone is drawn as in the batch: its stream is named by its number.
    assert not torch.equal(first[1], first[5])


def test_interpolation_windows_do_not_see_each_other() -> None:
    model, *_ = make_case(CONFIG.for_stage("interpolation"))
    text, empty = texts_of(model, 1)
    torch.manual_seed(4)
    keys = torch.randint(0, CONFIG.codes, (FRAMES, CONFIG.cells))
    sampling = Sampling(guidance=2, temperature=1.0, top_k=8)
    both = interpolate_round(model, keys, text, empty, 3, 1, sampling)
    first = interpolate_round(model, keys[:3], text, empty, 3, 1, sampling)
    assert torch.equal(both[:5], first)


def test_an_even_number_of_frames_is_refused() -> None:
    model, *_ = make_case(CONFIG.for_stage("interpolation"))
    text, empty = texts_of(model, 1)
    with pytest.raises(ValueError, match="odd number"):
        interpolate_round(model, torch.zeros(4, 16).long(), text, empty, 0, 1, Sampling())
