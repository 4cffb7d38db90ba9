"""icetk's VQVAE: original tensors, chunked attention, ONNX graphs, golden vectors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.export.onnx_transformer import open_session
from training.icetk.config import IcetkConfig
from training.icetk.golden import check_vqvae
from training.icetk.graph import build_decoder_graph, build_encoder_graph
from training.icetk.model import IcetkVqvae
from training.icetk.weights import icetk_from_arrays
from training.tests.golden_folder import FOLDER, needs_golden

SMALL = IcetkConfig(channels=8, groups=4, latent=6, code_width=5, codes=40)
RATE_4 = replace(SMALL, level=0, decoder_multipliers=(1, 2, 4))


def small_model(config=SMALL):
    torch.manual_seed(4)
    model = IcetkVqvae(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def small_arrays():
    return {name: tensor.numpy() for name, tensor in small_model().state_dict().items()}


def images(pixels, count=2):
    return torch.rand(count, 3, pixels, pixels, generator=torch.Generator().manual_seed(1))


def ids(grid, codes=SMALL.codes, count=2):
    return torch.randint(codes, (count, grid, grid), generator=torch.Generator().manual_seed(2))


@needs_golden
def test_golden_vectors():
    cases = list(check_vqvae(FOLDER))
    assert {case.side for case in cases} == {"torch", "onnx"}
    assert not [str(case) for case in cases if not case.passes]


def test_released_size():
    with torch.device("meta"):
        model = IcetkVqvae(IcetkConfig())
    millions = {
        name: round(sum(p.numel() for p in part.parameters()) / 1e6, 2)
        for name, part in model.named_children()
    }
    assert millions == {"enc": 23.5, "down_samplers": 1.18, "quantize": 5.19, "decs": 22.17}


def test_arrays_load_by_name_with_and_without_prefix():
    arrays = small_arrays()
    others = {"decs.0.conv_in.bias": np.zeros(7), "decs.2.conv_in.bias": np.zeros(9)}
    expected = small_model().encode(images(24))
    for prefix in ("", "module."):
        named = {prefix + name: array for name, array in (arrays | others).items()}
        model = icetk_from_arrays(named, SMALL)
        assert torch.equal(model.encode(images(24)), expected)


def test_wrong_tensors_are_listed():
    arrays = small_arrays()
    del arrays["enc.mid.attn_1.q.bias"]
    arrays["enc.mid.attn_2.q.bias"] = np.zeros(32, np.float32)
    arrays["decs.1.conv_in.weight"] = np.zeros((32, 6, 3, 3), np.float32)
    with pytest.raises(ValueError) as error:
        icetk_from_arrays(arrays, SMALL)
    assert "missing: enc.mid.attn_1.q.bias\n" in str(error.value)
    assert "extra: enc.mid.attn_2.q.bias\n" in str(error.value)
    assert "decs.1.conv_in.weight is 32 x 6 x 3 x 3, expected 32 x 5 x 3 x 3" in str(error.value)


def test_damaged_and_foreign_files_are_refused():
    arrays = small_arrays()
    arrays["enc.conv_in.bias"][3] = np.nan
    with pytest.raises(ValueError, match=r"enc\.conv_in\.bias .* NaN"):
        icetk_from_arrays(arrays, SMALL)
    with pytest.raises(ValueError, match="ice_image"):
        icetk_from_arrays({"transformer.word_embeddings.weight": np.zeros((3, 3))}, SMALL)


def test_contradicting_settings_are_refused():
    with pytest.raises(ValueError, match="enlarge by 4"):
        replace(SMALL, decoder_multipliers=(1, 2, 4))
    with pytest.raises(ValueError, match="groups"):
        replace(SMALL, groups=3)
    with pytest.raises(ValueError, match="lack channels, enc_channels_mult"):
        IcetkConfig.from_json({})


def test_pictures_must_consist_of_whole_tokens():
    with pytest.raises(ValueError, match="20 x 20 pixels"):
        small_model().encode(images(20))


@pytest.mark.parametrize("at_once", [1, 7, 36, 1000])
def test_chunks_of_queries_change_nothing(at_once):
    model = small_model()
    model.attend_at_once(None)
    whole = model.decode_unclamped(ids(6))
    latents = model.latents(images(48))
    model.attend_at_once(at_once)
    assert torch.allclose(model.decode_unclamped(ids(6)), whole, atol=1e-6)
    assert torch.allclose(model.latents(images(48)), latents, atol=1e-6)


@pytest.mark.parametrize("config", [SMALL, RATE_4], ids=["rate 8", "rate 4"])
@pytest.mark.parametrize("at_once", [7, None])
def test_graphs_compute_what_torch_computes(config, at_once):
    model, grid = small_model(config), 6
    decoder = build_decoder_graph(model, "fp32", grid, at_once)
    tokens = ids(grid)
    (frames,) = open_session(decoder.SerializeToString()).run(
        ["frames"], {"tokens": tokens.numpy().astype(np.int32)}
    )
    pixels = grid * config.compress_rate
    assert frames.shape == (2, 3, pixels, pixels)
    assert np.abs(frames - model.decode(tokens).numpy()).max() < 1e-5
    encoder = build_encoder_graph(model, "fp32", grid, at_once)
    pictures = images(pixels)
    (found,) = open_session(encoder.SerializeToString()).run(
        ["tokens"], {"frames": pictures.numpy()}
    )
    assert found.dtype == np.int32
    assert np.array_equal(found, model.encode(pictures).numpy())


def test_half_precision_graph_holds_half_the_bytes():
    model = small_model(replace(SMALL, channels=16))
    sizes = [len(build_decoder_graph(model, p, 6).SerializeToString()) for p in ("fp32", "fp16")]
    assert sizes[1] < 0.65 * sizes[0]


def test_code_vectors_are_matched_by_distance_and_pixels_denormalised():
    """Against the definitions, written out."""
    model = small_model()
    vectors = model.quantize.proj(model.latents(images(24))).permute(0, 2, 3, 1)
    distances = (vectors[..., None, :] - model.quantize.embed.weight).square().sum(-1)
    assert torch.equal(model.encode(images(24)), distances.argmin(-1))
    raw = model.decoder(model.quantize.embed(ids(3)).permute(0, 3, 1, 2))
    for channel, (mean, std) in enumerate(zip(SMALL.mean, SMALL.std, strict=True)):
        expected = (raw[:, channel] * std + mean).clamp(0, 1)
        assert torch.allclose(model.decode(ids(3))[:, channel], expected, atol=1e-6)
