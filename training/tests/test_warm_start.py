"""A package turned back into checkpoints computes what the package computes."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from training.common.checkpoint import load_checkpoint
from training.export.checkpoints import TrainedParts, untrained_parts
from training.export.comparison import round_parts
from training.export.package import write_package
from training.export.package_transformer import package_transformer
from training.export.read_graphs import read_upscaler, read_vqvae
from training.export.upscaler_graph import build_upscaler_graph
from training.export.weight_storage import round_weights
from training.presets import MICRO, data_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.text.characters import ASCII
from training.text.train import caption_sample, train_tokenizer
from training.transformer.checkpoints import load_transformer
from training.upscaler.config import UPSCALER_PRESETS
from training.upscaler.model import Upscaler
from training.vqvae.model import load_vqvae
from training.warm_start import warm_start
from training.world.captions import all_caption_words


@cache
def _tokenizer(captions: int, pieces: int) -> CaptionTokenizer:
    words = all_caption_words()["zh"]
    return train_tokenizer(caption_sample(captions), words, pieces, ASCII)


def _parts() -> TrainedParts:
    return untrained_parts(MICRO, _tokenizer(600, MICRO.text_pieces))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "data"))
    out = tmp_path / "micro"
    write_package(_parts(), out, "abc", "test")
    return out


def test_the_weights_are_those_of_the_package(package: Path) -> None:
    warm_start(package, MICRO)
    parts = _parts()
    round_parts(parts)
    folder = data_folder("micro")
    for stage, wanted in parts.transformers.items():
        found = load_transformer(folder / stage / "start.pt").state_dict()
        assert found.keys() == wanted.state_dict().keys()
        for name, weight in wanted.state_dict().items():
            torch.testing.assert_close(found[name], weight, atol=1e-5, rtol=1e-4, msg=name)
    tokens = torch.randint(0, 64, (2, 4, 4))
    vqvae = load_vqvae(folder / "vqvae" / "start.pt")
    torch.testing.assert_close(vqvae.decode(tokens), parts.vqvae.decode(tokens), atol=1e-4, rtol=0)
    frames = torch.rand(2, 3, 32, 32)
    assert (vqvae.encode(frames) == parts.vqvae.encode(frames)).float().mean() > 0.95
    history = json.loads((folder / "started_from.json").read_text(encoding="utf-8"))
    assert history["startedFromCommit"] == "abc" and history["keyframesMinutesBefore"] == 0
    assert len(load_checkpoint(folder / "vqvae" / "start.pt").extra["startedFrom"]) == 64


@pytest.mark.parametrize(("columns", "rows"), [(0, 0), (25, 0), (25, 25)])
def test_stages_of_every_row_are_read_back_or_start_as_nothing(
    columns: int, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "data"))
    preset = replace(MICRO, stage_rows=True, columns=columns, rows=rows, masked_key_frames=True,
                     key_frame_passes=4, key_frame_lag=6)  # fmt: skip
    parts = untrained_parts(preset, _tokenizer(600, MICRO.text_pieces))
    told = parts.transformers["keyframes"].stage_rows
    assert told is not None and parts.transformers["interpolation"].stage_rows is None
    torch.nn.init.normal_(told.weight)
    spots = parts.transformers["keyframes"].spot_rows
    heights = parts.transformers["keyframes"].height_rows
    assert (spots is None, heights is None) == (columns == 0, rows == 0)
    for table in filter(None, (spots, heights)):
        torch.nn.init.normal_(table.weight)
    write_package(parts, tmp_path / "told", "abc", "test")
    manifest = json.loads((tmp_path / "told" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sampling"]["keyFramePasses"] == 4
    assert manifest["sampling"]["keyFrameLag"] == 6
    assert "interpolationPasses" not in manifest["sampling"]
    config = parts.transformers["keyframes"].config
    assert manifest["storyboard"]["idsPerStage"] == config.spots == 3 * columns * max(rows, 1) + 1
    assert package_transformer(tmp_path / "told", "keyframes").config == config
    write_package(_parts(), tmp_path / "untold", "abc", "test")
    round_parts(parts)
    for name, share in (("told", 1), ("untold", 0)):
        warm_start(tmp_path / name, preset)
        found = load_transformer(data_folder("micro") / "keyframes" / "start.pt")
        tables = (found.stage_rows, told), (found.spot_rows, spots), (found.height_rows, heights)
        for table, wanted in tables:
            if wanted is not None:
                kept = share * wanted.weight
                torch.testing.assert_close(table.weight, kept, atol=1e-5, rtol=1e-4)


def test_added_residual_blocks_change_nothing(package: Path) -> None:
    parts = _parts()
    round_parts(parts)
    larger = replace(parts.vqvae.config, encoder_blocks=(1, 2), decoder_blocks=(2, 3))
    tokens = torch.randint(0, 64, (2, 4, 4))
    found = read_vqvae(package, larger).decode(tokens)
    torch.testing.assert_close(found, parts.vqvae.decode(tokens), atol=1e-4, rtol=0)


def test_an_upscaler_computes_what_its_graph_computes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = Upscaler(UPSCALER_PRESETS["micro"]).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.05)
    graph = build_upscaler_graph(model, "fp16")
    (tmp_path / "upscaler.onnx").write_bytes(graph.SerializeToString())
    round_weights(model, "fp16")
    found = read_upscaler(tmp_path, model.config)
    frames = torch.rand(2, 3, 32, 32)
    assert model.upscale(frames).std() > 0.05
    torch.testing.assert_close(found.upscale(frames), model.upscale(frames), atol=1e-5, rtol=0)


def test_pieces_keep_their_embedding_in_another_vocabulary(package: Path) -> None:
    old = _parts()
    round_parts(old)
    new = _tokenizer(300, 300)
    new.save(data_folder("micro") / "tokenizer.json")
    warm_start(package, MICRO)
    table = load_transformer(data_folder("micro") / "keyframes" / "start.pt").word.weight
    before = old.transformers["keyframes"].word.weight
    place = {piece.text: index for index, piece in enumerate(old.tokenizer.pieces)}
    shared = [index for index, piece in enumerate(new.pieces) if piece.text in place]
    assert len(shared) > 50 and new.vocabulary_size != old.tokenizer.vocabulary_size
    for index in shared:
        wanted = before[64 + place[new.pieces[index].text]]
        torch.testing.assert_close(table[64 + index], wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(table[-2:], before[-2:], atol=1e-5, rtol=1e-4)


def test_packages_that_do_not_fit_are_refused(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    (package / "keyframes.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"keyframes\.onnx is missing"):
        warm_start(package, MICRO)
    manifest["architecture"]["layers"] = 3
    (package / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ValueError, match="'layers': 3"):
        warm_start(package, MICRO)
    (package / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="no model package"):
        warm_start(package, MICRO)
