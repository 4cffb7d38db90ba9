"""Super-resolution: neighbourhoods, original tensors, the ONNX graph, golden vectors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.dsr.cluster_graph import ClusterGraph
from training.dsr.config import DsrConfig
from training.dsr.golden import check_dsr
from training.dsr.golden_sampling import graph_probabilities
from training.dsr.graph import DsrGraph
from training.dsr.model import DsrTransformer
from training.dsr.sampling import dsr_sampling
from training.dsr.tiles import plan_tiles
from training.dsr.weights import dsr_from_arrays, original_names
from training.export.graph_builder import GraphBuilder
from training.export.onnx_transformer import open_session
from training.tests.golden_folder import FOLDER, needs_golden
from training.transformer.cluster_sampling import (
    ClusterSampling,
    code_probabilities,
    draw_code,
)

SMALL = DsrConfig(
    layers=2,
    hidden=8,
    heads=2,
    ffn=16,
    vocabulary=60,
    codes=40,
    boi_id=50,
    text_slots=6,
    coarse_grid=6,
    fine_grid=18,
    coarse_offset=8,
    base_positions=50,
)


def small_model(config=SMALL, tile=None):
    torch.manual_seed(6)
    model = DsrTransformer(config, tile).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def small_arrays():
    parameters = dict(small_model().named_parameters())
    return {theirs: parameters[ours].numpy() for ours, theirs in original_names(SMALL).items()}


def inputs(length=4, batch=2):
    generator = torch.Generator().manual_seed(3)
    text = torch.randint(40, 50, (batch, length), generator=generator)
    return text, torch.randint(40, (batch, 36), generator=generator)


@needs_golden
def test_golden_vectors():
    cases = list(check_dsr(FOLDER))
    assert {case.side for case in cases} == {"numpy", "torch", "onnx"}
    assert not [str(case) for case in cases if not case.passes]


def test_released_size():
    with torch.device("meta"):
        model = DsrTransformer(DsrConfig())
    assert sum(p.numel() for p in model.parameters()) == 7_725_895_680


@pytest.mark.parametrize("side", [1, 6, 9, 18])
def test_tiles_read_exactly_the_neighbourhoods(side):
    plan = plan_tiles(SMALL, side)
    assert np.array_equal(plan.order[plan.place], np.arange(18 * 18))
    visible = {}
    for tile, bias in enumerate(plan.bias):
        for query, row in enumerate(bias):
            cell = plan.order[tile * len(bias) + query]
            keys = np.concatenate([plan.coarse[tile], 1000 + plan.order[plan.fine[tile]]])
            visible[int(cell)] = sorted(keys[row == 0].tolist())
    for row in range(18):
        for column in range(18):
            coarse = near(row // 3, column // 3, (2, 2), 6)
            fine = [1000 + cell for cell in near(row, column, (4, 2), 18)]
            assert visible[row * 18 + column] == sorted(coarse + fine)


def near(row, column, reach, grid):
    rows = range(max(0, row - reach[0]), min(grid, row + reach[0] + 1))
    columns = range(max(0, column - reach[1]), min(grid, column + reach[1] + 1))
    return [r * grid + c for r in rows for c in columns]


def test_released_tile_has_few_keys():
    plan = plan_tiles(DsrConfig())
    assert plan.bias.shape == (25, 144, 64 + 320)


def test_tiles_must_divide_the_grid():
    with pytest.raises(ValueError, match="tiles of 4 cells"):
        plan_tiles(SMALL, 4)


@pytest.mark.parametrize("side", [1, 3, 18])
def test_the_tile_changes_nothing(side):
    expected = small_model()(*inputs())
    assert torch.allclose(small_model(tile=side)(*inputs()), expected, atol=1e-5)


def test_what_reaches_a_fine_cell():
    """In one layer: coarse tokens around its parent. Text only through the coarse rows: in two."""
    one = replace(SMALL, layers=1)
    text, coarse = inputs(batch=1)
    before = small_model(one)(text, coarse)
    changed = coarse.clone()
    changed[0, 2 * 6 + 1] = (coarse[0, 2 * 6 + 1] + 1) % 40
    moved = (small_model(one)(text, changed) != before).any(-1)[0].view(18, 18)
    expected = torch.zeros(18, 18, dtype=torch.bool)
    expected[0 : 3 * 5, 0 : 3 * 4] = True  # parents in rows 0..4 and columns 0..3
    assert torch.equal(moved, expected)
    other = text.flip(1) if not torch.equal(text, text.flip(1)) else text + 1
    assert torch.equal(small_model(one)(other, coarse), before)
    assert not torch.equal(small_model()(other, coarse), small_model()(text, coarse))


def test_text_rows_read_text_only():
    text, coarse = inputs()
    before, _ = small_model().all_hidden(text, coarse)
    after, _ = small_model().all_hidden(text, (coarse + 1) % 40)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4:], after[:, 4:])


@pytest.mark.parametrize(("length", "tile", "at_once"), [(1, 3, 5), (6, 9, 3)])
def test_graph_computes_what_torch_computes(length, tile, at_once):
    model = small_model(tile=tile)
    text, coarse = inputs(length)
    cells = [0, 17, 100, 323, 5]
    graph = DsrGraph(model, "fp32", tiles_at_once=at_once).build()
    feeds = {"text": text, "tokens": coarse.view(2, 6, 6), "cells": torch.tensor(cells)}
    (logits,) = open_session(graph.SerializeToString()).run(
        ["logits"], {name: ids.numpy().astype(np.int32) for name, ids in feeds.items()}
    )
    expected = model.logits(model(text, coarse)[:, cells])
    assert logits.shape == (2, 5, 40)
    assert np.abs(logits - expected.numpy()).max() < 2e-5


def test_graph_draws_what_the_sampler_draws(monkeypatch):
    """Over chunks of cells that do not divide the grid; clusters of unequal sizes."""
    monkeypatch.setattr("training.dsr.graph.CELLS_AT_ONCE", 100)
    model, generator = small_model(), np.random.default_rng(8)
    sampling = dsr_sampling(generator.permutation(np.minimum(np.arange(40) // 3, 9)))
    text, coarse = inputs()
    numbers = generator.random((2, 324)).astype(np.float32)
    graph = DsrGraph(model, "fp32").build_drawing(sampling)
    feeds = {"text": text.numpy(), "tokens": coarse.view(2, 6, 6).numpy()}
    (drawn,) = open_session(graph.SerializeToString()).run(
        ["fine_tokens"],
        {"uniforms": numbers} | {name: ids.astype(np.int32) for name, ids in feeds.items()},
    )
    logits = model.logits(model(text, coarse)).numpy()
    expected = [
        [draw_code(row, sampling, float(u)) for row, u in zip(rows, us, strict=True)]
        for rows, us in zip(logits, numbers, strict=True)
    ]
    assert drawn.shape == (2, 18, 18)
    assert np.array_equal(drawn.reshape(2, -1), expected)
    assert len(np.unique(drawn)) > 20


def test_graph_probabilities_are_the_samplers():
    generator = np.random.default_rng(9)
    sampling = ClusterSampling(generator.integers(0, 5, 40), 1.3, 3, 0.5)
    logits = generator.normal(0, 2, (6, 40)).astype(np.float32)
    found = graph_probabilities(sampling, logits)
    expected = np.stack([code_probabilities(row, sampling) for row in logits])
    assert np.abs(found - expected).max() < 1e-6


def test_the_highest_number_draws_a_code_of_the_cluster():
    """Rounding must not run into the padding, whose place holds code 0."""
    clusters = np.array([0] * 5 + [1] * 2 + [2] * 3)
    logits = np.full((1, 10), -3, np.float32)
    logits[0, 5:7] = 4
    sampling = ClusterSampling(clusters, 1.0, 1, 0.6)
    g = GraphBuilder("highest")
    g.input("logits", "float32", [1, 10])
    g.input("uniforms", "float32", [1, 1])
    g.output(ClusterGraph(g, sampling).draw("logits", "uniforms").codes, "int64", [1])
    session = open_session(g.model().SerializeToString())
    for number, code in ((0, 5), (1 - 2**-24, 6)):
        feeds = {"logits": logits, "uniforms": np.array([[number]], np.float32)}
        assert session.run(None, feeds)[0].tolist() == [code]


def test_too_few_clusters_are_refused():
    with pytest.raises(ValueError, match="5 clusters have codes, but 6"):
        ClusterGraph(GraphBuilder("few"), dsr_sampling(np.arange(40) % 5))


def test_arrays_load_by_name():
    model = dsr_from_arrays(small_arrays(), SMALL)
    assert torch.equal(model(*inputs()), small_model()(*inputs()))


def test_wrong_tensors_are_listed():
    arrays = small_arrays()
    del arrays["mixins.attention_plus.dense.1.bias"]
    arrays["mixins.attention_plus.attn_distribution.0"] = np.zeros(8, np.float32)
    arrays["transformer.layers.0.mlp.dense_h_to_4h.bias"] = np.zeros(8, np.float32)
    with pytest.raises(ValueError) as error:
        dsr_from_arrays(arrays, SMALL)
    assert "missing: mixins.attention_plus.dense.1.bias\n" in str(error.value)
    assert "extra: mixins.attention_plus.attn_distribution.0\n" in str(error.value)
    assert "dense_h_to_4h.bias is 8, expected 16" in str(error.value)
    arrays = small_arrays()
    arrays["transformer.final_layernorm.bias"][0] = np.inf
    with pytest.raises(ValueError, match=r"final_layernorm\.bias .* infinite"):
        dsr_from_arrays(arrays, SMALL)


def test_bad_input_and_settings_are_refused():
    text, coarse = inputs(7)
    with pytest.raises(ValueError, match="7 ids, super-resolution reads 6"):
        small_model()(text, coarse)
    with pytest.raises(ValueError, match="35 tokens, expected 36"):
        small_model()(text[:, :3], coarse[:, 1:])
    with pytest.raises(ValueError, match="no centre"):
        replace(SMALL, fine_kernel=(8, 5))
    with pytest.raises(ValueError, match="does not divide"):
        replace(SMALL, fine_grid=20)
    with pytest.raises(ValueError, match="lack num_layers, hidden_size"):
        DsrConfig.from_json({})
