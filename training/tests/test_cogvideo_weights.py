"""CogVideo's tensors by name and shape, at full size and from the golden set."""

import numpy as np
import pytest
import torch

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.golden_files import read_golden
from training.cogvideo.transformer_weights import (
    check_shapes,
    tensor_shapes,
    tensor_sources,
    transformer_from_arrays,
)
from training.tests.golden_folder import FOLDER, needs_golden

FULL = CogVideoConfig(
    stage="interpolation",
    layers=48,
    hidden=3072,
    heads=48,
    ffn=12288,
    vocabulary=150010,
    codes=20000,
    boi_id=150000,
    pad_id=20003,
    text_slots=64,
    grid=20,
    base_positions=1024,
    extra_positions=2000,
    image_offset=512,
    norm_eps=1e-5,
    window=10,
    shift=5,
)
SMALL_JSON = {
    "cogvideo_stage": 2,
    "num_layers": 2,
    "hidden_size": 12,
    "num_attention_heads": 3,
    "inner_hidden_size": 20,
    "vocab_size": 40,
    "num_image_tokens": 24,
    "boi_id": 30,
    "pad_id": 27,
    "layout": [6, 22, 86],
    "frame_resolution": 4,
    "max_sequence_length": 50,
    "additional_seqlen": 70,
    "image_position_offset": 10,
    "layernorm_epsilon": 1e-3,
    "window_size": 2,
    "shift_size": 1,
}


def small_arrays(config, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=shape).astype(np.float16)
        for name, shape in tensor_shapes(config).items()
    }


def test_full_size_has_the_released_tensors_and_parameters():
    shapes = tensor_shapes(FULL)
    assert len(shapes) == 1013
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 7_721_127_936
    frozen = [shape for name, shape in shapes.items() if name.startswith("transformer.")]
    assert sum(int(np.prod(shape)) for shape in frozen) == 5_902_307_328


def test_every_parameter_has_one_source_and_gets_its_values():
    config = CogVideoConfig.from_json(SMALL_JSON)
    arrays = small_arrays(config)
    model = transformer_from_arrays(arrays, config)
    parameters = [source.parameter for source in tensor_sources(config)]
    assert sorted(parameters) == sorted(name for name, _ in model.named_parameters())
    base = arrays["transformer.position_embeddings.weight"].astype(np.float32)
    assert np.array_equal(model.text_positions().detach().numpy(), base[:6])
    extra = arrays["mixins.extra_position_embedding.position_embeddings.weight"]
    image = model.image_positions().detach().numpy()
    assert np.array_equal(image[:16], base[10:26])
    assert np.array_equal(image[16:], extra.astype(np.float32)[:64])
    assert model.layers[1].norm_mlp_out.eps == 1e-3
    third = arrays["transformer.layers.1.third_layernorm.weight"].astype(np.float32)
    assert np.array_equal(model.layers[1].norm_attention_out.weight.detach().numpy(), third)


def test_missing_extra_and_misshaped_tensors_are_listed_together():
    config = CogVideoConfig.from_json(SMALL_JSON)
    arrays = small_arrays(config)
    del arrays["transformer.final_layernorm.bias"]
    arrays["transformer.layers.2.mlp.dense_h_to_4h.bias"] = np.zeros(20)
    arrays["mixins.attention_plus.dense.0.weight"] = np.zeros((12, 13))
    with pytest.raises(ValueError, match="3 problems") as caught:
        transformer_from_arrays(arrays, config)
    text = str(caught.value)
    assert "missing: transformer.final_layernorm.bias (12,)" in text
    assert "extra: transformer.layers.2.mlp.dense_h_to_4h.bias (20,)" in text
    assert "mis-shaped: mixins.attention_plus.dense.0.weight is (12, 13), not (12, 12)" in text


def test_wrong_hidden_size_and_values_that_are_not_numbers_are_errors():
    config = CogVideoConfig.from_json(SMALL_JSON)
    with pytest.raises(ValueError, match="mis-shaped"):
        check_shapes(
            tensor_shapes(CogVideoConfig.from_json({**SMALL_JSON, "hidden_size": 15})), config
        )
    arrays = small_arrays(config)
    arrays["mixins.attention_plus.attn_distribution.1"][3] = np.nan
    with pytest.raises(ValueError, match=r"attn_distribution\.1 holds values that are not finite"):
        transformer_from_arrays(arrays, config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cogvideo_stage": 3}, "must be 1 or 2"),
        ({"layernorm_order": "post"}, "sandwich"),
        ({"frame_num": 7}, "frame_num"),
        ({"window_size": 3}, "does not divide"),
        ({"num_attention_heads": 5}, "multiple"),
        ({"boi_id": 3}, "image codes"),
        ({"image_position_offset": 40}, "frame 0 exceeds"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        CogVideoConfig.from_json({**SMALL_JSON, **changes})


def test_missing_settings_are_named():
    with pytest.raises(ValueError, match="lack num_layers, layout"):
        CogVideoConfig.from_json(
            {k: v for k, v in SMALL_JSON.items() if k not in ("num_layers", "layout")}
        )


@needs_golden
def test_the_golden_weights_open():
    for name in ("stage1", "stage2"):
        file = read_golden(FOLDER / f"{name}.npz")
        model = transformer_from_arrays(file.arrays, CogVideoConfig.from_json(file.config))
        assert all(p.dtype == torch.float32 for p in model.parameters())
        assert sum(p.numel() for p in model.parameters()) > 1_000_000
