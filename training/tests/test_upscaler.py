"""The upscaler: enlargement, pairs, loss, resuming, export."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.common.checkpoint import Checkpoint, save_checkpoint
from training.common.distributed import Process, launch
from training.export.onnx_transformer import open_session
from training.export.upscaler_fixture import FOLDER, fixture_frame, fixture_upscaler
from training.export.upscaler_graph import build_upscaler_graph
from training.export.weight_storage import Precision, round_weights
from training.upscaler.compare import compare, pillow_enlargement, sheet, table
from training.upscaler.config import UPSCALER_PRESETS, UpscalerConfig
from training.upscaler.losses import differences, measure_enlargement, steepness, upscaler_loss
from training.upscaler.model import Upscaler, load_upscaler
from training.upscaler.pairs import PairPool, Pairs, average_down, reconstructed_pairs
from training.upscaler.train import Run, Trainer, as_tensors, pair_source, train
from training.vqvae.config import VQVAE_PRESETS
from training.vqvae.frames import moving_shapes
from training.vqvae.model import VQVAE, config_as_plain_values, frames_to_tensor

TINY = replace(UPSCALER_PRESETS["micro"], pool=40, crops=4)
MAIN = Process(0, 1, torch.device("cpu"))


@pytest.fixture(scope="module")
def vqvae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture tokenizer with random weights, as a checkpoint."""
    torch.manual_seed(0)
    config = VQVAE_PRESETS["micro"]
    model = VQVAE(config)
    model.quantizer.codebook.normal_()
    path = tmp_path_factory.mktemp("vqvae") / "final.pt"
    save_checkpoint(path, Checkpoint(model.state_dict(), config_as_plain_values(config)))
    return path


def _run(folder: Path, vqvae: Path, steps: int, **changes: object) -> Run:
    return replace(Run(TINY, folder, vqvae, None, steps, validate_every=1e9), **changes)


def _random_upscaler(config: UpscalerConfig) -> Upscaler:
    torch.manual_seed(2)
    model = Upscaler(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return model


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_untrained_upscaler_is_bicubic(factor: int) -> None:
    """Against Pillow, whose bicubic has a = -1/2 too and rounds between its two passes."""
    model = Upscaler(replace(TINY, factor=factor))
    small = np.random.default_rng(0).integers(90, 160, (32, 32, 3), np.uint8)
    side = 32 * factor
    wanted = np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC))
    found = model.upscale(frames_to_tensor(torch.from_numpy(small)[None]))[0] * 255
    inner = np.s_[2 * factor : -2 * factor, 2 * factor : -2 * factor]
    error = found.permute(1, 2, 0).numpy()[inner] - wanted.astype(np.float32)[inner]
    assert np.abs(error).max() < 1.5


def test_the_border_is_repeated_beyond_the_frame() -> None:
    found = Upscaler(TINY).enlarge(torch.full((1, 3, 32, 32), 0.7))
    assert torch.allclose(found, torch.full((1, 3, 96, 96), 0.7), atol=1e-6)


@pytest.mark.parametrize("name", list(UPSCALER_PRESETS))
def test_shapes_sizes_and_cost_of_the_presets(name: str) -> None:
    config = UPSCALER_PRESETS[name]
    model = Upscaler(config)
    found = model.upscale(torch.rand(2, 3, config.pixels, config.pixels))
    assert found.shape == (2, 3, config.large, config.large)
    assert found.min() >= 0 and found.max() <= 1
    # Stored as two bytes each; a clip of 33 frames must not keep one thread for long.
    assert sum(p.numel() for p in model.parameters()) <= 6e5
    assert model.operations < (0.55e9 if name != "gpu" else 1.5e9)
    assert config.crop % config.step == 0 and config.pixels % config.step == 0


def test_frames_that_do_not_fit_the_stem_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4, not 30"):
        Upscaler(replace(TINY, pixels=30))


def test_pairs_show_the_same_and_pass_the_tokenizer(vqvae: Path) -> None:
    large, masks = moving_shapes(96)(np.random.default_rng(3), 6)
    small = average_down(large, 3)
    assert np.array_equal(small[2, 5, 7], np.rint(large[2, 15:18, 21:24].mean((0, 1))))
    clean = pair_source(TINY, vqvae, None, clean_share=1.0)(np.random.default_rng(3), 6)
    assert np.array_equal(clean.small, small) and np.array_equal(clean.large, large)
    through = pair_source(TINY, vqvae, None)(np.random.default_rng(3), 6)
    assert np.array_equal(through.large, large) and np.array_equal(through.masks, masks)
    assert all((a != b).any() for a, b in zip(through.small, small, strict=True))


def test_a_tokenizer_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="makes frames of 32 pixels, the upscaler takes 96"):
        reconstructed_pairs(
            moving_shapes(288), VQVAE(VQVAE_PRESETS["micro"]), UPSCALER_PRESETS["cpu"]
        )


def _numbered_pairs(rng: np.random.Generator, count: int) -> Pairs:
    """Each small pixel and its 3 x 3 large ones have one value of their own."""
    small = rng.integers(0, 256, (count, 32, 32, 3), np.uint8)
    masks = np.zeros((count, 96, 96), bool)
    masks[:, 60:80, 60:80] = True
    return Pairs(small, small.repeat(3, 1).repeat(3, 2), masks)


def test_crops_of_a_pair_lie_at_the_same_place() -> None:
    config = replace(TINY, crop=16, pool=8)
    pool = PairPool(_numbered_pairs, config, np.random.default_rng(0))
    small, large, masks = pool.crops(40)
    assert small.shape == (40, 16, 16, 3) and large.shape == (40, 48, 48, 3)
    assert torch.equal(small.repeat_interleave(3, 1).repeat_interleave(3, 2), large)
    assert masks.shape == (40, 48, 48) and masks.flatten(1).any(1).float().mean() > 0.6
    before = pool.pairs.small.copy()
    pool.renew(3)
    assert (pool.pairs.small != before).any((1, 2, 3)).sum() == 3
    small, large, _ = pool.full_frames(5)
    assert torch.equal(small.repeat_interleave(3, 1).repeat_interleave(3, 2), large)


def test_loss_is_zero_for_equal_pictures_and_sees_blur() -> None:
    torch.manual_seed(1)
    wanted = torch.rand(2, 3, 36, 36)
    mask = torch.zeros(2, 36, 36, dtype=torch.bool)
    mask[:, 12:24, 12:24] = True
    assert sum(upscaler_loss(wanted, wanted, mask).values()) == 0
    soft = torch.nn.functional.avg_pool2d(wanted, 3, 1, 1)
    assert upscaler_loss(soft, wanted, mask)["sharpness"] > 0.1


def test_steepness_tells_a_soft_edge_from_a_sharp_one() -> None:
    columns = torch.arange(24.0)
    sharp = (columns >= 12).float().view(1, 1, 1, 24).expand(1, 3, 24, 24)
    soft = ((columns - 9) / 6).clamp(0, 1).view(1, 1, 1, 24).expand(1, 3, 24, 24)
    assert differences(sharp).sum() == pytest.approx(differences(soft).sum().item(), rel=1e-4)
    assert steepness(sharp).max() > 1.3 * steepness(soft).max()


def test_figures_by_hand() -> None:
    steps = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(1, 1, 1, 4).expand(1, 3, 4, 4)
    mask = torch.ones(1, 4, 4, dtype=torch.bool)
    assert differences(steps).sum() == 3 * 3  # three colours, three rows, one step to the right
    half = measure_enlargement(0.5 * steps + 0.25, steps, mask)
    assert half.sharpness == pytest.approx(0.5) and half.frame == pytest.approx(12.04, abs=0.01)
    # A sixth of the differences is off by 1/2.
    assert half.edges == pytest.approx(-10 * np.log10(0.25 / 6), abs=0.01)
    assert measure_enlargement(steps, steps, mask).edges == np.inf


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_the_graph_computes_what_torch_computes(precision: Precision) -> None:
    model = _random_upscaler(replace(TINY, blocks=2))
    session = open_session(build_upscaler_graph(model, precision).SerializeToString())
    round_weights(model, precision)
    frames = torch.rand(3, 3, 32, 32)
    (found,) = session.run(None, {"frames": frames.numpy()})
    assert found.shape == (3, 3, 96, 96)
    np.testing.assert_allclose(found, model.upscale(frames).numpy(), atol=1e-4)
    assert np.abs(found - Upscaler(TINY).upscale(frames).numpy()).max() > 0.05


def test_the_graph_of_what_ships_stays_small_and_uses_few_operators() -> None:
    graph = build_upscaler_graph(Upscaler(UPSCALER_PRESETS["cpu"]), "fp16")
    assert len(graph.SerializeToString()) <= 1e6
    operators = {node.op_type for node in graph.graph.node}
    assert "Resize" not in operators and "Upsample" not in operators


def test_training_beats_bicubic_and_the_result_loads(tmp_path: Path) -> None:
    """Frames whose contrast was halved: that can be undone."""
    torch.manual_seed(0)
    run = _run(tmp_path, tmp_path / "none.pt", 60)
    trainer = Trainer(run, MAIN)
    trainer.pool = PairPool(_pale_pairs, TINY, trainer.rng)
    while (share := trainer.share()) < 1:
        trainer.step(share)
    trainer.save_final()
    held = as_tensors(_pale_pairs(np.random.default_rng(77), 16))
    model = load_upscaler(run.final)
    trained = measure_enlargement(model.upscale(held[0]), held[1], held[2])
    bicubic = measure_enlargement(model.enlarge(held[0]), held[1], held[2])
    assert trained.frame > bicubic.frame + 1 and trained.subject > bicubic.subject + 1
    assert abs(trained.sharpness - 1) < abs(bicubic.sharpness - 1)


def _pale_pairs(rng: np.random.Generator, count: int) -> Pairs:
    large, masks = moving_shapes(96)(rng, count)
    return Pairs(64 + average_down(large, 3) // 2, large, masks)


def test_a_whole_run_and_a_second_one_on_top(tmp_path: Path, vqvae: Path) -> None:
    train(MAIN, _run(tmp_path / "a", vqvae, 3))
    first = tmp_path / "a" / "final.pt"
    train(MAIN, _run(tmp_path / "b", vqvae, 2, init=first))
    saved = torch.load(tmp_path / "b" / "final.pt", weights_only=True)
    assert saved["step"] == 5 and saved["optimizer"] is None


def test_an_interrupted_run_goes_on_with_the_same_weights(tmp_path: Path, vqvae: Path) -> None:
    first = Trainer(_run(tmp_path, vqvae, 20), MAIN)
    first.load_pairs()
    for _ in range(8):
        first.step(first.share())
    first.save()
    second = Trainer(_run(tmp_path, vqvae, 20), MAIN)
    assert second.budget.step == 8
    assert second.rng.bit_generator.state == first.rng.bit_generator.state
    second.pool = first.pool
    for trainer in (first, second):
        trainer.pool._rng = np.random.default_rng(11)
        for _ in range(1):
            trainer.step(trainer.share())
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def _train_and_save(process: Process, folder: str, vqvae: str) -> None:
    trainer = Trainer(_run(Path(folder), Path(vqvae), 10), process)
    trainer.load_pairs()
    for _ in range(3):
        trainer.step(trainer.share())
    torch.save(trainer.model.state_dict(), Path(folder, f"{process.rank}.pt"))


def test_two_processes_keep_the_same_model(tmp_path: Path, vqvae: Path) -> None:
    launch(_train_and_save, 2, (str(tmp_path), str(vqvae)))
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert any((value != 0).any() for value in first.values())
    for name, value in first.items():
        assert torch.allclose(value, second[name], atol=1e-6), name


def test_the_fixture_of_the_runtime_is_this_exporters() -> None:
    model = fixture_upscaler()
    session = open_session(str(FOLDER / "upscaler.onnx"))
    frame = frames_to_tensor(fixture_frame(model.config.pixels))
    (found,) = session.run(None, {"frames": frame.numpy()})
    round_weights(model, "fp16")
    np.testing.assert_allclose(found, model.upscale(frame).numpy(), atol=1e-3)
    golden = json.loads((FOLDER / "golden.json").read_text())
    wanted = np.frombuffer(base64.b64decode(golden["upscaled"]), np.uint8).reshape(96, 96, 3)
    assert np.abs(found[0].transpose(1, 2, 0) * 255 - wanted).max() <= 1


def test_the_comparison_has_its_methods_figures_and_sheet(vqvae: Path) -> None:
    """Pillow's and the model's own bicubic agree; the sheet has four columns."""
    model = Upscaler(TINY)
    pairs = pair_source(TINY, vqvae, None)(np.random.default_rng(1), 8)
    figures = compare(model, pairs)
    assert list(figures) == ["nearest", "bicubic", "Lanczos", "upscaler"]
    assert figures["upscaler"] == figures["bicubic"]  # untrained
    pillow = pillow_enlargement(3, Image.Resampling.BICUBIC)(as_tensors(pairs)[0])
    again = measure_enlargement(pillow, *as_tensors(pairs)[1:])
    assert again.frame == pytest.approx(figures["bicubic"].frame, abs=0.1)
    assert sheet(model, pairs).size == (4 * 96, 8 * 96)
    assert table(figures).count("\n") == 5
