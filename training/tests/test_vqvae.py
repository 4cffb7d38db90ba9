"""The picture tokenizer: codebook, crops, losses, resuming, sizes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.common.distributed import Process, launch
from training.vqvae.config import VQVAE_PRESETS
from training.vqvae.frames import FramePool, moving_shapes
from training.vqvae.losses import measure_quality, psnr, reconstruction_loss
from training.vqvae.model import VQVAE, frames_to_tensor, load_vqvae, tensor_to_frames
from training.vqvae.quantizer import DECAY, VectorQuantizer, perplexity
from training.vqvae.tokenize_frames import decode, encode
from training.vqvae.train import Run, Trainer, override, train

TINY = replace(VQVAE_PRESETS["micro"], pool=64, crops=8)


def _run(folder: Path, steps: int, **changes: object) -> Run:
    run = Run(TINY, folder, None, steps, source="shapes", validate_every=1e9)
    return replace(run, **changes)


def _random_quantizer(unit_codes: bool) -> VectorQuantizer:
    torch.manual_seed(0)
    quantizer = VectorQuantizer(16, 5, unit_codes)
    quantizer.ready.fill_(True)
    return quantizer


@pytest.mark.parametrize("unit_codes", [False, True])
def test_tokens_are_the_nearest_codes(unit_codes: bool) -> None:
    quantizer = _random_quantizer(unit_codes)
    latents = torch.randn(2, 5, 3, 4)
    tokens = quantizer.tokens_of(latents)
    for n, row, column in np.ndindex(2, 3, 4):
        vector = latents[n, :, row, column]
        if unit_codes:
            vector = vector / vector.norm()
        distances = [float((vector - code).norm()) for code in quantizer.codebook]
        assert tokens[n, row, column] == int(np.argmin(distances))
    assert torch.equal(quantizer.codes_of(tokens)[1, :, 2, 3], quantizer.codebook[tokens[1, 2, 3]])


def test_codes_pass_the_gradient_straight_through() -> None:
    quantizer = _random_quantizer(False)
    latents = torch.randn(1, 5, 2, 2, requires_grad=True)
    codes, commitment, _ = quantizer(latents)
    expected = quantizer.codes_of(quantizer.tokens_of(latents))
    assert torch.allclose(codes, expected, atol=1e-6)
    assert commitment.item() == pytest.approx((latents - expected).square().mean().item())
    (codes * torch.arange(4.0).view(1, 1, 2, 2)).sum().backward()
    assert torch.allclose(latents.grad[0, 0], torch.arange(4.0).view(2, 2))


def test_codes_move_to_the_mean_of_their_vectors() -> None:
    quantizer = _random_quantizer(False)
    before = quantizer.codebook.clone()
    vectors = before[3] + 0.01 * torch.randn(10, 5)
    assert (quantizer.update(vectors) == 3).all()
    count = DECAY * 1 + (1 - DECAY) * 10
    expected = (DECAY * before[3] + (1 - DECAY) * vectors.sum(0)) / count
    assert torch.allclose(quantizer.codebook[3], expected, atol=1e-5)
    assert torch.allclose(quantizer.codebook[4], before[4], atol=1e-5)


def test_unused_codes_are_refilled_from_the_batch() -> None:
    quantizer = _random_quantizer(False)
    quantizer.counts[5:8] = 1e-4
    vectors = torch.randn(40, 5)
    tokens = quantizer.tokens_of(vectors[:, :, None, None]).flatten()
    assert quantizer.refill(vectors, tokens) == 3
    for code in quantizer.codebook[5:8]:
        assert (vectors - code).norm(dim=1).min() == 0


def test_kmeans_finds_separate_clusters() -> None:
    quantizer = VectorQuantizer(8, 5, False)
    centres = torch.eye(8, 5) * 10 + torch.arange(8.0)[:, None] * 20
    torch.manual_seed(3)
    quantizer.initialize((centres[:, None] + 0.1 * torch.randn(8, 50, 5)).flatten(0, 1), rounds=20)
    assert quantizer.ready
    found = torch.cdist(quantizer.codebook, centres).min(1).values
    assert (found < 0.5).sum() >= 5  # k-means may merge a few clusters, not most
    with pytest.raises(ValueError, match="at least 8 vectors"):
        quantizer.initialize(torch.randn(3, 5))


def test_perplexity_of_even_use_is_the_number_of_codes() -> None:
    used, value = perplexity(torch.arange(12).repeat(3), 64)
    assert used == 12 and value == pytest.approx(12)


def test_crops_lie_on_the_token_grid_and_show_the_subject() -> None:
    pool = FramePool(moving_shapes(64), 20, np.random.default_rng(0))
    known = {f[r : r + 32, c : c + 32].tobytes() for f in pool.frames
             for r in range(0, 40, 8) for c in range(0, 40, 8)}  # fmt: skip
    crops, masks = pool.crops(60, 32, 8)
    assert crops.shape == (60, 32, 32, 3) and masks.shape == (60, 32, 32)
    assert all(crop.numpy().tobytes() in known for crop in crops)
    random_share = pool.masks.mean()
    assert masks.float().mean() > random_share * 1.2
    assert masks.flatten(1).any(1).float().mean() > 0.9


def test_renewing_replaces_frames() -> None:
    pool = FramePool(moving_shapes(16), 10, np.random.default_rng(0))
    before = pool.frames.copy()
    pool.renew(4)
    assert (pool.frames != before).any((1, 2, 3)).sum() == 4


def test_loss_counts_the_subject_more_and_is_zero_for_equal_pictures() -> None:
    wanted = torch.rand(2, 3, 8, 8)
    mask = torch.zeros(2, 8, 8, dtype=torch.bool)
    mask[:, :4] = True
    assert sum(reconstruction_loss(wanted, wanted, mask).values()) == 0
    on, off = wanted.clone(), wanted.clone()
    on[:, :, 1] += 0.1
    off[:, :, 6] += 0.1
    ratio = (
        reconstruction_loss(on, wanted, mask)["l1"] / reconstruction_loss(off, wanted, mask)["l1"]
    )
    assert ratio.item() == pytest.approx(5, rel=1e-3)


def test_psnr_by_hand() -> None:
    wanted = torch.full((1, 3, 4, 4), 0.5)
    assert psnr(wanted + 0.1, wanted) == pytest.approx(20, abs=1e-3)
    half = wanted.clone()
    half[:, :, 0] += 0.1
    weight = torch.zeros(1, 4, 4)
    weight[:, 0] = 1
    assert psnr(half, wanted, weight) == pytest.approx(20, abs=1e-3)


@pytest.mark.parametrize("name", list(VQVAE_PRESETS))
def test_shapes_and_sizes_of_the_presets(name: str) -> None:
    config = VQVAE_PRESETS[name]
    model = VQVAE(config)
    frames = torch.rand(2, 3, config.pixels, config.pixels)
    tokens = model.encode(frames)
    assert tokens.shape == (2, config.grid, config.grid) and tokens.max() < config.codes
    decoded = model.decode(tokens)
    assert decoded.shape == frames.shape and decoded.min() >= 0 and decoded.max() <= 1
    decoder = sum(p.numel() for p in model.decoder.parameters())
    assert decoder <= 5e6 and sum(p.numel() for p in model.parameters()) <= 7e6


def test_frames_survive_the_way_to_tensors_and_back() -> None:
    frames = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(tensor_to_frames(frames_to_tensor(frames)), frames)


def test_training_lowers_the_loss_and_the_result_loads(tmp_path: Path) -> None:
    process = Process(0, 1, torch.device("cpu"))
    run = _run(tmp_path, 300)
    untrained = VQVAE(TINY)
    train(process, run)
    model = load_vqvae(run.final)
    frames, masks = moving_shapes(TINY.pixels)(np.random.default_rng(9), 64)
    pair = torch.from_numpy(frames), torch.from_numpy(masks)
    after, before = measure_quality(model, *pair), measure_quality(untrained, *pair)
    assert after.frame > 14 and after.frame > before.frame + 4
    assert after.codes_used > 16
    tokens = encode(model, frames, fast=False)
    assert tokens.dtype == np.uint16 and tokens.shape == (64, 4, 4)
    assert np.array_equal(tokens, model.encode(frames_to_tensor(pair[0])).numpy())
    error = decode(model, tokens).astype(float) - frames
    assert 10 * np.log10(255**2 / (error**2).mean()) == pytest.approx(after.frame, abs=0.1)


def test_an_interrupted_run_goes_on_with_the_same_weights_and_codebook(tmp_path: Path) -> None:
    process = Process(0, 1, torch.device("cpu"))
    first = Trainer(_run(tmp_path, 100), process)
    first.load_frames()
    for _ in range(60):
        first.step(first.share())
    assert first.model.quantizer.ready
    first.save(first.run.checkpoint)
    second = Trainer(_run(tmp_path, 100), process)
    assert second.budget.step == 60
    assert second.rng.bit_generator.state == first.rng.bit_generator.state
    second.pool = first.pool
    for trainer in (first, second):
        torch.manual_seed(4)
        trainer.pool._rng = np.random.default_rng(11)
        for _ in range(5):
            trainer.step(trainer.share())
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def test_a_frozen_encoder_keeps_its_tokens(tmp_path: Path) -> None:
    process = Process(0, 1, torch.device("cpu"))
    train(process, _run(tmp_path, 40))
    before = load_vqvae(tmp_path / "final.pt")
    train(process, _run(tmp_path, 10, freeze_encoder=True))
    after = load_vqvae(tmp_path / "final.pt")
    frames = torch.rand(4, 3, 32, 32)
    assert torch.equal(before.encode(frames), after.encode(frames))
    tokens = before.encode(frames)
    assert not torch.equal(before.decode(tokens), after.decode(tokens))


def _train_and_compare(process: Process, folder: str) -> None:
    trainer = Trainer(_run(Path(folder), 50), process)
    trainer.load_frames()
    for _ in range(50):
        trainer.step(trainer.share())
    torch.save(trainer.model.state_dict(), Path(folder, f"{process.rank}.pt"))


def test_two_processes_keep_the_same_model(tmp_path: Path) -> None:
    launch(_train_and_compare, 2, (str(tmp_path),))
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert first["quantizer.ready"]
    for name, value in first.items():
        assert torch.allclose(value, second[name], atol=1e-6), name


def test_settings_of_trials_are_checked() -> None:
    config = override(TINY, ["crops=3", "decoder_widths=8,16", "unit_codes=true"])
    assert (config.crops, config.decoder_widths, config.unit_codes) == (3, (8, 16), True)
    with pytest.raises(SystemExit, match="no field"):
        override(TINY, ["croops=3"])
