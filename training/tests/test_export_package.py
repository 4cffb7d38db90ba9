"""Whole packages: manifest, files, comparison with torch, golden files, refusals."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.export.checkpoints import TrainedParts, load_parts, untrained_parts
from training.export.comparison import compare, compare_upscaler, round_parts
from training.export.package import UPSCALER_PRECISION, write_package
from training.export.upscaler_fixture import fixture_upscaler
from training.export.vqvae_graph import build_decoder_graph, build_encoder_graph, round_vqvae
from training.export.weight_storage import round_weights
from training.export_onnx import DEFAULT_FOLDERS
from training.presets import MICRO
from training.text.characters import ASCII
from training.text.train import caption_sample, train_tokenizer
from training.upscaler.config import UPSCALER_PRESETS
from training.upscaler.model import Upscaler
from training.verify_export import GOLDEN
from training.vqvae.config import VqvaeConfig
from training.vqvae.model import VQVAE
from training.world.captions import all_caption_words

# For people and for training; the app does not fetch them.
BESIDE = {"tokenizer.json", "MODEL_CARD.md"}

FIXTURE = DEFAULT_FOLDERS["micro"]


def _parts() -> TrainedParts:
    words = all_caption_words()["zh"]
    tokenizer = train_tokenizer(caption_sample(800), words, MICRO.text_pieces, ASCII)
    return untrained_parts(MICRO, tokenizer)


@pytest.fixture(scope="module")
def parts() -> TrainedParts:
    return _parts()


@pytest.fixture(scope="module")
def package(parts: TrainedParts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "micro"
    (out / "left-over").mkdir(parents=True)  # an older package is replaced as a whole
    write_package(parts, out, commit="abc", command="test")
    return out


def _check_files(package: Path) -> dict:
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    files = [file for graph in manifest["graphs"].values() for file in graph["files"]]
    for file in files:
        content = (package / file["path"]).read_bytes()
        assert len(content) == file["bytes"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    names = {file["path"] for file in files} | {"manifest.json"}
    beside = {path.name for path in package.iterdir()}
    assert names <= beside <= names | BESIDE
    return manifest


def test_manifest_names_every_file_and_number(parts: TrainedParts, package: Path) -> None:
    manifest = _check_files(package)
    config = parts.transformers["interpolation"].config
    assert list(manifest["graphs"]) == [
        "tokenizer", "keyframes", "interpolation", "decoder", "encoder", "storyboard"
    ]  # fmt: skip
    assert "summary" in manifest["graphs"]["keyframes"]["inputs"]  # texts are read once a clip
    assert manifest["ids"]["beginOfImage"] == config.boi_id
    assert manifest["ids"]["lineBreak"] == 64 + parts.tokenizer.line_break_id
    assert manifest["keyframeWindows"][1] == {"height": 2, "width": 2, "shift": 1}
    assert manifest["defaultKeyRate"] in [rate["framesPerSecond"] for rate in manifest["rates"]]
    assert manifest["playbackFramesPerSecond"] == 2 ** manifest["maxRounds"]
    assert manifest["training"]["commit"] == "abc"
    assert manifest["card"]["cost"]["commit"] == "abc"
    assert "stage 1" not in (package / "MODEL_CARD.md").read_text("utf-8")  # never trained


def test_a_package_agrees_with_torch_and_a_changed_model_does_not(package: Path) -> None:
    parts = _parts()
    round_parts(parts)
    assert [str(d) for d in compare(parts, package) if not d.passes] == []
    parts.transformers["keyframes"].layers[1].mlp_in.weight[3, 4] += 0.5
    parts.vqvae.decoder[0].weight[0, 0, 0, 0] += 0.5
    failing = {d.name.split(":")[0] for d in compare(parts, package) if not d.passes}
    assert failing == {"keyframes", "decoder"}


def test_missing_checkpoints_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"(?s)tokenizer\.json.*final\.pt.*run\.sh"):
        load_parts(MICRO)
    command = [sys.executable, "-m", "training.export_onnx", "--preset", "micro"]
    out = tmp_path / "out"
    result = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    assert result.returncode == 1 and "training/run.sh --preset micro" in result.stderr
    assert not out.exists()


def test_parts_of_different_runs_are_refused(parts: TrainedParts, tmp_path: Path) -> None:
    tokenizer = train_tokenizer(caption_sample(200), [], 300, ASCII)
    assert tokenizer.vocabulary_size != parts.tokenizer.vocabulary_size
    mixed = TrainedParts(MICRO, tokenizer, parts.vqvae, parts.transformers, {})
    with pytest.raises(ValueError, match="does not fit"):
        write_package(mixed, tmp_path / "mixed", "abc", "test")
    assert not (tmp_path / "mixed").exists()


@pytest.mark.parametrize("unit_codes", [False, True])
def test_picture_graphs(unit_codes: bool) -> None:
    """The strided first convolution, shuffles and norms, on frames that are not square tokens."""
    from training.export.onnx_transformer import open_session

    torch.manual_seed(5)
    model = VQVAE(VqvaeConfig(pixels=48, codes=50, latent=8, unit_codes=unit_codes,
                              encoder_widths=(16, 24), decoder_widths=(16, 24)))  # fmt: skip
    model.eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    decoder = open_session(build_decoder_graph(model, "int8").SerializeToString())
    encoder = open_session(build_encoder_graph(model, "int8").SerializeToString())
    round_vqvae(model, "int8", "int8")
    tokens = torch.randint(0, 50, (2, 6, 6))
    (frames,) = decoder.run(None, {"tokens": tokens.numpy().astype(np.int32)})
    assert frames.shape == (2, 3, 48, 48) and frames.std() > 0.01
    np.testing.assert_allclose(frames, model.decode(tokens).numpy(), atol=1e-4)
    pictures = torch.rand(2, 3, 48, 48)
    (found,) = encoder.run(None, {"frames": pictures.numpy()})
    assert (found == model.encode(pictures).numpy()).mean() > 0.98
    assert len(np.unique(found)) > 5


def test_the_fixture_is_whole_and_its_golden_files_are_its_own() -> None:
    _check_files(FIXTURE)
    digest = hashlib.sha256((FIXTURE / "manifest.json").read_bytes()).hexdigest()
    golden = sorted(GOLDEN.glob("*.json"))
    assert len(golden) == 5
    for path in golden:
        assert json.loads(path.read_text(encoding="utf-8"))["manifestSha256"] == digest, path.name


def test_an_upscaler_is_part_of_the_package_and_must_fit(
    parts: TrainedParts, tmp_path: Path
) -> None:
    with_one = replace(parts, upscaler=fixture_upscaler())
    out = tmp_path / "micro"
    write_package(with_one, out, commit="abc", command="test")
    manifest = _check_files(out)
    assert manifest["upscaledPixels"] == 96
    assert manifest["graphs"]["upscaler"]["outputs"] == ["upscaled"]
    upscaler = fixture_upscaler()
    round_weights(upscaler, UPSCALER_PRECISION)
    assert compare_upscaler(with_one, upscaler, out).passes
    upscaler.body[-2].weight[:, 0] += 0.5
    assert not compare_upscaler(with_one, upscaler, out).passes
    with pytest.raises(ValueError, match="takes frames of 96 pixels, the picture tokenizer makes"):
        write_package(
            replace(parts, upscaler=Upscaler(UPSCALER_PRESETS["cpu"])), out, "abc", "test"
        )
