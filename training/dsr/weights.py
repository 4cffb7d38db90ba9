"""The checkpoint's tensors -> the super-resolution transformer, checked by name and shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from training.common.named_arrays import check_names_and_shapes, checked_arrays
from training.dsr.config import DsrConfig
from training.dsr.model import DsrTransformer

_WHAT = "CogView2's super-resolution (dsr)"

_LAYER_NAMES = {
    "norm_attention": "transformer.layers.{i}.input_layernorm",
    "norm_attention_out": "transformer.layers.{i}.third_layernorm",
    "norm_mlp": "transformer.layers.{i}.post_attention_layernorm",
    "norm_mlp_out": "transformer.layers.{i}.fourth_layernorm",
    "base.qkv": "transformer.layers.{i}.attention.query_key_value",
    "base.dense": "transformer.layers.{i}.attention.dense",
    "fine.qkv": "mixins.attention_plus.query_key_value.{i}",
    "fine.dense": "mixins.attention_plus.dense.{i}",
    "mlp_in": "transformer.layers.{i}.mlp.dense_h_to_4h",
    "mlp_out": "transformer.layers.{i}.mlp.dense_4h_to_h",
}
"""Our module inside `layers.{i}` -> the checkpoint's; each has a weight and a bias."""

_TABLES = {
    "word.weight": "transformer.word_embeddings.weight",
    "position_base.weight": "transformer.position_embeddings.weight",
    "position_fine.weight": "mixins.extra_position_embedding.position_embeddings.weight",
    "norm.weight": "transformer.final_layernorm.weight",
    "norm.bias": "transformer.final_layernorm.bias",
}


def original_names(config: DsrConfig) -> dict[str, str]:
    """Parameter of `DsrTransformer` -> tensor of the checkpoint; shapes are the same."""
    names = dict(_TABLES)
    for layer in range(config.layers):
        for ours, theirs in _LAYER_NAMES.items():
            for part in ("weight", "bias"):
                names[f"layers.{layer}.{ours}.{part}"] = f"{theirs.format(i=layer)}.{part}"
    return names


def dsr_from_arrays(arrays: Mapping[str, np.ndarray], config: DsrConfig) -> DsrTransformer:
    """The model in float32, ready for inference.

    The arrays are read one after the other, so a lazy mapping keeps only one in memory. Raises
    ValueError that lists missing, extra and mis-shaped tensors, or names one that holds NaN.
    """
    model = DsrTransformer(config).eval().requires_grad_(False)
    parameters = dict(model.named_parameters())
    names = original_names(config)
    if names.keys() != parameters.keys():
        raise AssertionError("a parameter of the model has no original name")
    shapes = {theirs: tuple(parameters[ours].shape) for ours, theirs in names.items()}
    check_names_and_shapes({name: tuple(arrays[name].shape) for name in arrays}, shapes, _WHAT)
    of_tensor = {theirs: ours for ours, theirs in names.items()}
    for name, array in checked_arrays(arrays, list(shapes), _WHAT):
        parameters[of_tensor[name]].copy_(torch.from_numpy(array))
    return model
