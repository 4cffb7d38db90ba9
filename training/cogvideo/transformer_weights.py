"""CogVideo's tensor names and shapes, and which of our parameters each one fills.

The names are those of docs/cogvideo.md section 8.1: 1013 tensors at 48 layers, linear weights as
(out, in), thirds [Q | K | V] in both channels. Only the position tables change shape: rows that no
text or frame can reach are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from training.cogvideo.config import CogVideoConfig
from training.transformer.config import FRAMES
from training.transformer.model import Transformer

Shape = tuple[int, ...]

_LAYER_NAMES = {
    "norm_attention": "transformer.layers.{i}.input_layernorm",
    "norm_attention_out": "transformer.layers.{i}.third_layernorm",
    "norm_mlp": "transformer.layers.{i}.post_attention_layernorm",
    "norm_mlp_out": "transformer.layers.{i}.fourth_layernorm",
    "spatial.qkv": "transformer.layers.{i}.attention.query_key_value",
    "spatial.dense": "transformer.layers.{i}.attention.dense",
    "mlp_in": "transformer.layers.{i}.mlp.dense_h_to_4h",
    "mlp_out": "transformer.layers.{i}.mlp.dense_4h_to_h",
    "temporal.qkv": "mixins.attention_plus.query_key_value.{i}",
    "temporal.dense": "mixins.attention_plus.dense.{i}",
}
"""Our module inside `layers.{i}` -> CogVideo's; each has a weight and a bias."""


@dataclass(frozen=True)
class TensorSource:
    """Where one parameter of `Transformer` comes from."""

    parameter: str  # name in `Transformer.state_dict()`
    tensor: str  # CogVideo's name
    shape: Shape  # of CogVideo's tensor
    rows: tuple[tuple[int, int], ...] | None = None  # kept row ranges [from, to); None keeps all

    def cut(self, array: np.ndarray) -> np.ndarray:
        """The kept rows of CogVideo's tensor, in order."""
        if self.rows is None:
            return array
        return np.concatenate([array[first:last] for first, last in self.rows])


def tensor_sources(config: CogVideoConfig) -> list[TensorSource]:
    """One source for every parameter, in the order: embeddings, layers, final norm."""
    hidden, cells = config.hidden, config.grid * config.grid
    image = (config.image_offset, config.image_offset + cells)
    extra = "mixins.extra_position_embedding.position_embeddings.weight"
    sources = [
        TensorSource(
            "word.weight", "transformer.word_embeddings.weight", (config.vocabulary, hidden)
        ),
        TensorSource(
            "position_base.weight",
            "transformer.position_embeddings.weight",
            (config.base_positions, hidden),
            ((0, config.text_slots), image),
        ),
        TensorSource(
            "position_extra.weight",
            extra,
            (config.extra_positions, hidden),
            ((0, (FRAMES - 1) * cells),),
        ),
    ]
    for layer in range(config.layers):
        sources += layer_sources(config, layer)
    final = "transformer.final_layernorm"
    sources += [TensorSource(f"norm.{p}", f"{final}.{p}", (hidden,)) for p in ("weight", "bias")]
    return sources


def layer_sources(config: CogVideoConfig, layer: int) -> list[TensorSource]:
    """The 21 sources of one layer, so that a converter can read layer by layer."""
    hidden, ffn = config.hidden, config.ffn
    weights: dict[str, Shape] = {
        "spatial.qkv": (3 * hidden, hidden),
        "temporal.qkv": (3 * hidden, hidden),
        "spatial.dense": (hidden, hidden),
        "temporal.dense": (hidden, hidden),
        "mlp_in": (ffn, hidden),
        "mlp_out": (hidden, ffn),
    }
    sources = []
    for module, name in _LAYER_NAMES.items():
        ours, theirs = f"layers.{layer}.{module}", name.format(i=layer)
        weight = weights.get(module, (hidden,))
        sources.append(TensorSource(f"{ours}.weight", f"{theirs}.weight", weight))
        sources.append(TensorSource(f"{ours}.bias", f"{theirs}.bias", weight[:1]))
    mix = f"mixins.attention_plus.attn_distribution.{layer}"
    sources.append(TensorSource(f"layers.{layer}.mix", mix, (hidden,)))
    return sources


def tensor_shapes(config: CogVideoConfig) -> dict[str, Shape]:
    """Every tensor of the checkpoint and its shape."""
    return {source.tensor: source.shape for source in tensor_sources(config)}


def check_shapes(found: Mapping[str, Shape], config: CogVideoConfig) -> None:
    """ValueError that lists all missing, extra and mis-shaped tensors, if there are any."""
    wanted = tensor_shapes(config)
    problems = [f"missing: {name} {wanted[name]}" for name in wanted if name not in found]
    problems += [f"extra: {name} {tuple(found[name])}" for name in found if name not in wanted]
    problems += [
        f"mis-shaped: {name} is {tuple(found[name])}, not {wanted[name]}"
        for name in wanted
        if name in found and tuple(found[name]) != wanted[name]
    ]
    if problems:
        raise ValueError(
            f"these are not the tensors of a CogVideo stage of {config.layers} layers and width "
            f"{config.hidden} ({len(problems)} problems):\n  " + "\n  ".join(problems)
        )


def transformer_from_arrays(arrays: Mapping[str, Any], config: CogVideoConfig) -> Transformer:
    """The float32 model of a checkpoint, in evaluation mode.

    `arrays` holds exactly CogVideo's tensors (numpy arrays or CPU tensors, float16 or float32);
    they are read one after the other, so a lazy mapping keeps only one in memory. ValueError lists
    missing, extra and mis-shaped tensors and names one with values that are not finite.
    """
    check_shapes({name: tuple(arrays[name].shape) for name in arrays}, config)
    model = Transformer(config.to_transformer()).eval()
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for source in tensor_sources(config):
            array = source.cut(np.asarray(arrays[source.tensor]))
            if not np.isfinite(array).all():
                raise ValueError(f"{source.tensor} holds values that are not finite numbers")
            parameters.pop(source.parameter).copy_(torch.from_numpy(array.astype(np.float32)))
    if parameters:
        raise AssertionError(f"parameters without a source: {', '.join(parameters)}")
    return model
