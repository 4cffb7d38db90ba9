"""What a GPU takes instead of the CPU's own operations computes the same, and loses no batch."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.common.checkpoint import load_checkpoint
from training.common.workers import in_any_order, in_order
from training.tests.test_transformer_training import CONFIG, OPTIONS, make_run
from training.transformer import attention, model
from training.transformer.checkpoints import is_base_parameter
from training.transformer.config import STAGES, Stage
from training.transformer.loss import token_losses
from training.transformer.model import Transformer
from training.vqvae.device_pool import DeviceFramePool
from training.vqvae.frames import moving_shapes
from training.vqvae.quantizer import VectorQuantizer

CPU = torch.device("cpu")


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("stage", STAGES)
def test_fused_operations_give_the_same_losses_and_gradients(
    stage: Stage, tied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG.for_stage(stage), tied_head=tied, tied_hints=tied)
    run = make_run(replace(OPTIONS, stage=stage))
    batch = run.batches.training(0, 0, 1)
    torch.manual_seed(0)
    network = Transformer(config)
    found = []
    for by_hand in (True, False):
        monkeypatch.setattr(attention, "by_hand", lambda _, value=by_hand: value)
        monkeypatch.setattr(model, "by_hand", lambda _, value=by_hand: value)
        network.zero_grad(set_to_none=True)
        losses = token_losses(network, batch)
        losses.mean().backward()
        found.append((losses.detach(), {n: p.grad for n, p in network.named_parameters()}))
    (own, own_gradients), (fused, gradients) = found
    torch.testing.assert_close(fused, own, rtol=2e-2, atol=2e-2)  # bfloat16
    for name, gradient in own_gradients.items():
        assert (gradient is None) == (gradients[name] is None), name
        if gradient is not None and gradient.norm() > 1e-3:
            cosine = torch.cosine_similarity(gradient.flatten(), gradients[name].flatten(), dim=0)
            assert cosine > 0.99, name


def test_workers_keep_the_order_and_ends_of_their_items() -> None:
    items = range(7)
    assert [int(value) for value in in_order(square, items, workers=2)] == [i * i for i in items]
    endless = in_order(square, itertools.count(3), workers=2)
    assert [int(next(endless)) for _ in range(3)] == [9, 16, 25]
    taken = in_any_order(count_from, workers=2)
    assert {int(next(taken)) // 100 for _ in range(4)} == {0, 1}


def square(item: int) -> torch.Tensor:
    return torch.tensor(item * item)


def count_from(worker: int) -> itertools.count:
    return itertools.count(100 * worker)


def test_batches_made_ahead_are_those_made_between_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    run = make_run(replace(OPTIONS, workers=2))
    for step in range(3):
        ahead, direct = next(run.stream), run.batches.training(step, 0, 1)
        for name in ("text", "tokens", "hints", "weights"):
            assert torch.equal(getattr(ahead, name), getattr(direct, name))


def test_a_shared_base_stays_as_the_first_stage_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    make_run(OPTIONS).train()
    first = tmp_path / "micro" / "keyframes" / "final.pt"
    options = replace(OPTIONS, stage="interpolation", share_base=True)
    with pytest.raises(ValueError, match="--init"):
        make_run(options)
    make_run(replace(options, init=first)).train()
    second = load_checkpoint(tmp_path / "micro" / "interpolation" / "final.pt").model
    for name, weights in load_checkpoint(first).model.items():
        same = torch.equal(second[name], weights) if weights.shape == second[name].shape else False
        assert same == is_base_parameter(name), name


def test_a_device_pool_cuts_its_own_frames_around_the_subject() -> None:
    known: list[np.ndarray] = []

    def source(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        frames, masks = moving_shapes(32)(rng, count)
        known.append(frames)
        return frames, masks

    pool = DeviceFramePool(source, 64, CPU, workers=0, seed=(1, 2))
    assert pool.frames.shape == (64, 32, 32, 3) and pool.masks.shape == (64, 32, 32)
    frames, masks = pool.crops(200, 16, 8)
    assert frames.shape == (200, 16, 16, 3) and frames.dtype == torch.uint8
    assert masks.flatten(1).any(1).float().mean() > 0.7
    corners = [(r, c) for r in (0, 8, 16) for c in (0, 8, 16)]
    windows = {pool.frames[i, r : r + 16, c : c + 16].numpy().tobytes()
               for i in range(64) for r, c in corners}  # fmt: skip
    assert all(frame.numpy().tobytes() in windows for frame in frames)
    before = pool.frames.clone()
    pool.renew(10)
    changed = (pool.frames != before).flatten(1).any(1)
    assert changed.sum() == 10
    new = {frame.tobytes() for chunk in known for frame in chunk}
    assert all(frame.numpy().tobytes() in new for frame in pool.frames[changed])
    whole, _ = pool.full_frames(5)
    assert whole.shape == (5, 32, 32, 3)


def test_products_find_the_nearest_codes() -> None:
    torch.manual_seed(0)
    quantizer = VectorQuantizer(16, 5, unit_codes=False)
    vectors = torch.randn(50, 5)
    expected = quantizer.tokens_of(vectors[:, :, None, None]).flatten()
    assert torch.equal(quantizer.nearest_by_product(vectors), expected)
