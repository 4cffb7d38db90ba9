"""A transformer in several graphs: the same numbers however it is cut, and sizes as planned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.export.block_weights import block_bytes, quantise_blocks, restore_blocks
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.row_table import quantise_rows
from training.export.shard_plan import PlannedShard, look_up_weight, plan_shards
from training.export.sharded_session import ShardedSession
from training.export.transformer_shards import LookUpGraph, ShardGraph
from training.export.weight_file import WeightFile
from training.tests.test_export_transformer import VARIANTS, _feeds, _model
from training.transformer.config import TransformerConfig
from training.transformer.model import Transformer


def _values(parameter: torch.Tensor) -> np.ndarray:
    return parameter.detach().numpy()


def _config(variant: str) -> TransformerConfig:
    return replace(VARIANTS[variant], layers=4)


def _graphs(model: Transformer, bits: int, cuts: list[range]) -> list[bytes]:
    """Each graph as it stands in files: weights in parts, then the nodes."""
    built = []
    for graph in [
        LookUpGraph(model, bits, _values),
        *(ShardGraph(model, bits, _values, layers) for layers in cuts),
    ]:
        parts: list[bytes] = []
        nodes = graph.build_graph(lambda content, base, parts=parts: parts.append(content))
        built.append(b"".join(parts) + nodes.SerializeToString())
    return built


def _run(model: Transformer, bits: int, count: int, feeds: tuple) -> list[np.ndarray]:
    config = model.config
    size = config.layers // count
    cuts = [range(first, first + size) for first in range(0, config.layers, size)]
    sessions = [open_session(content) for content in _graphs(model, bits, cuts)]
    names = ("spatial_key", "spatial_value", "temporal_key", "temporal_value")
    outputs = [f"new_{name}_{layer}" for layer in range(config.layers) for name in names]
    session = ShardedSession(sessions, ["logits", *outputs])
    logits, rows = OnnxTransformer(session, config).step(*feeds)
    return [part.numpy() for part in (logits, *(part for layer in rows for part in layer))]


@pytest.mark.parametrize("variant", ["CogVideo", "interpolation", "text summary", "tied tables"])
def test_one_two_and_four_shards_are_identical(variant: str) -> None:
    config = _config(variant)
    model = _model(config)
    feeds = _feeds(config, 2, 5, (9, 30))
    expected, rows = model.step(*feeds)
    one = _run(model, 32, 1, feeds)
    np.testing.assert_allclose(one[0], expected.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(one[-1], rows[-1][-1].numpy(), rtol=1e-4, atol=1e-4)
    for count in (2, 4):
        for found, wanted in zip(_run(model, 32, count, feeds), one, strict=True):
            np.testing.assert_array_equal(found, wanted)


@torch.no_grad()
def _round(model: Transformer, bits: int) -> None:
    """Gives `model` the values that shards of `bits` compute with."""
    word = model.word.weight.numpy()
    head = word[: model.config.codes]
    head_values = restore_blocks(*quantise_blocks(head, 8), 8, head.shape[1])
    values, scales = quantise_rows(word)
    for layer in model.layers:
        linears = [layer.spatial.qkv, layer.spatial.dense, layer.temporal.qkv]
        for linear in [*linears, layer.temporal.dense, layer.mlp_in, layer.mlp_out]:
            weight = linear.weight.numpy()
            restored = restore_blocks(*quantise_blocks(weight, bits), bits, weight.shape[1])
            linear.weight.copy_(torch.from_numpy(restored))
    model.word.weight.copy_(torch.from_numpy(values * scales))
    model.head_weight = lambda: torch.from_numpy(head_values)


@pytest.mark.parametrize("bits", [4, 8])
def test_quantised_shards_compute_with_the_rounded_weights(bits: int) -> None:
    config = _config("CogVideo")
    model = _model(config)
    feeds = _feeds(config, 2, 5, (9, 30))
    one, two = _run(model, bits, 1, feeds), _run(model, bits, 2, feeds)
    exact, _ = model.step(*feeds)
    _round(model, bits)
    expected, _ = model.step(*feeds)
    np.testing.assert_allclose(one[0], expected.numpy(), rtol=1e-4, atol=2e-4)
    assert float(np.abs(one[0] - exact.numpy()).max()) > 1e-3  # rounding shows
    for found, wanted in zip(two, one, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("bits", "steps"), [(4, 8), (8, 128)])
def test_blocks_restore_to_half_a_step(bits: int, steps: int) -> None:
    weight = np.random.default_rng(1).standard_normal((7, 50)).astype(np.float32)
    weight[3] = 0
    values, scales = quantise_blocks(weight, bits)
    assert values.nbytes + scales.nbytes == block_bytes(weight.shape, bits)
    found = restore_blocks(values, scales, bits, 50)
    largest = np.abs(weight).max()
    # Half a step, or a whole one at the end opposite to the block's largest value.
    assert np.abs(found - weight).max() <= largest / steps + 1e-6
    assert np.abs(found - weight).mean() <= largest / steps / 3
    np.testing.assert_array_equal(found[3], 0)


def test_the_plan_states_the_sizes_of_the_files(tmp_path: Path) -> None:
    config = _config("CogVideo")
    model = _model(config)
    for bits in (4, 8, 16, 32):
        (whole,) = plan_shards(config, bits, 1 << 30)
        look_up, shard = _graphs(model, bits, [whole.layers])
        nodes = 25_000 * config.layers
        assert whole.size.all < len(shard) < whole.size.all + nodes
        assert look_up_weight(config, bits).all < len(look_up)
        assert len(look_up) < look_up_weight(config, bits).all + nodes


def test_shards_stay_within_the_limit_or_say_why_not() -> None:
    config = _config("CogVideo")
    (whole,) = plan_shards(config, 4, 1 << 30)
    limit = int(whole.size.all * 0.7)
    shards: list[PlannedShard] = plan_shards(config, 4, limit)
    assert [shard.layers for shard in shards] == [range(0, 2), range(2, 4)]
    assert all(shard.size.all <= limit for shard in shards)
    with pytest.raises(ValueError, match="one layer takes up to"):
        plan_shards(config, 32, look_up_weight(config, 32).all)
    with pytest.raises(ValueError, match="the embeddings take"):
        plan_shards(config, 4, 1000)


def test_a_written_file_is_hashed(tmp_path: Path) -> None:
    with WeightFile(tmp_path / "a") as file:
        file.write(b"ab")
        file.write(b"c")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file.entry() == {"path": "a", "bytes": 3, "sha256": expected}
