"""What a package will weigh is known before training; a shared base is stored once and works."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.export.checkpoints import TrainedParts, untrained_parts
from training.export.comparison import compare, round_parts
from training.export.package import SHARED_FILE, write_package
from training.export.package_size import LARGEST_PACKAGE, UPSCALER_BYTES, package_bytes
from training.export.shared_weights import read_graph
from training.presets import PRESETS, REHEARSAL
from training.text.characters import ASCII
from training.text.train import caption_sample, train_tokenizer
from training.transformer.checkpoints import is_base_parameter
from training.world.captions import all_caption_words


def _parts() -> TrainedParts:
    """Untrained, with one base for both stages."""
    words = all_caption_words()["zh"]
    tokenizer = train_tokenizer(caption_sample(800), words, REHEARSAL.text_pieces, ASCII)
    parts = untrained_parts(REHEARSAL, tokenizer)
    base = dict(parts.transformers["keyframes"].named_parameters())
    for name, parameter in parts.transformers["interpolation"].named_parameters():
        if is_base_parameter(name):
            parameter.copy_(base[name])
    return parts


@pytest.fixture(scope="module")
def parts() -> TrainedParts:
    return _parts()


@pytest.fixture(scope="module")
def package(parts: TrainedParts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "rehearsal"
    write_package(parts, out, commit="abc", command="test")
    return out


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_fits_with_an_upscaler(name: str) -> None:
    assert package_bytes(PRESETS[name]) + UPSCALER_BYTES <= LARGEST_PACKAGE


def test_the_estimate_is_near_what_a_package_weighs(parts: TrainedParts, package: Path) -> None:
    preset = replace(REHEARSAL, text_pieces=parts.tokenizer.vocabulary_size)
    measured = sum(file.stat().st_size for file in package.iterdir())
    assert package_bytes(preset) == pytest.approx(measured, abs=120_000)


def test_a_shared_base_is_counted_once() -> None:
    gpu = PRESETS["gpu"]
    apart = replace(gpu, shared_base=False)
    base = gpu.layers * (4 + 8) * gpu.hidden**2  # spatial channel and MLP, a byte each
    assert package_bytes(apart) - package_bytes(gpu) > base


def test_the_base_is_stored_once_and_both_graphs_compute_with_it(package: Path) -> None:
    entries = json.loads((package / "manifest.json").read_text(encoding="utf-8"))["graphs"]
    assert [f["path"] for f in entries["keyframes"]["weights"]] == [SHARED_FILE]
    assert entries["keyframes"]["weights"] == entries["interpolation"]["weights"]
    assert "weights" not in entries["decoder"]
    shared = (package / SHARED_FILE).stat().st_size
    config = REHEARSAL.transformer("keyframes", 0, 0)
    assert shared > config.layers * (4 * config.hidden**2 + 2 * config.hidden * config.ffn)
    assert (
        len(read_graph(package, "keyframes")) == entries["keyframes"]["files"][0]["bytes"] + shared
    )
    parts = _parts()
    round_parts(parts)
    assert [str(d) for d in compare(parts, package) if not d.passes] == []


def test_stages_without_a_common_base_are_refused(parts: TrainedParts, tmp_path: Path) -> None:
    stranger = untrained_parts(REHEARSAL, parts.tokenizer, seed=2)
    with pytest.raises(ValueError, match="share no base"):
        write_package(stranger, tmp_path / "out", commit="abc", command="test")
