"""Transformer graphs against `Transformer.step`, for every variant of the model."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.transformer_graph import TransformerGraph
from training.export.weight_storage import round_weights, rounded
from training.presets import MICRO
from training.transformer.config import FRAMES, TransformerConfig
from training.transformer.model import Transformer

_BASE = replace(MICRO.transformer("keyframes", pieces=20, pad_piece=0), text_summary=0)
VARIANTS = {
    "key frames": _BASE,
    "interpolation": _BASE.for_stage("interpolation"),
    "CogVideo": replace(
        _BASE,
        norm="layer",
        activation="gelu",
        biases=True,
        positions="absolute",
        tied_head=True,
        hints=0,
        copy_gate=False,
        windows=(),
    ),
    "text summary": replace(_BASE, text_summary=24),
    "stages in every row": replace(_BASE, stage_rows=True),
    "spots in every row": replace(_BASE, stage_rows=True, columns=5),
    "spots with heights in every row": replace(_BASE, stage_rows=True, columns=5, rows=3),
    "stages in every row between": replace(_BASE, stage_rows=True).for_stage("interpolation"),
    "spots with heights in every row between": replace(
        _BASE, stage_rows=True, columns=5, rows=3
    ).for_stage("interpolation"),
    "ids that tell spots": replace(_BASE, columns=5).for_stage("interpolation"),
    "ids that tell spots with heights": replace(_BASE, columns=5, rows=3).for_stage(
        "interpolation"
    ),
    "first frame": replace(_BASE, base_first_frame=True),
    "hint without gate": replace(_BASE, copy_gate=False),
    "tied tables": replace(_BASE.for_stage("interpolation"), tied_head=True, tied_hints=True),
}


def _model(config: TransformerConfig) -> Transformer:
    torch.manual_seed(2)
    model = Transformer(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def _feeds(
    config: TransformerConfig, batch: int, rows: int, past: tuple[int, int]
) -> tuple[torch.Tensor | list | None, ...]:
    """Random inputs of a step: text and image rows, some columns hidden."""
    rng = np.random.default_rng(3)
    cells = config.cells

    def ids(high: int, *shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.integers(0, high, shape))

    def bias(*shape: int) -> torch.Tensor:
        values = np.where(rng.random(shape) < 0.5, 0, -10000).astype(np.float32)
        values[..., -1] = 0
        return torch.from_numpy(values)

    def cache(slots: int) -> torch.Tensor:
        shape = (batch, config.heads, slots, config.head_dim)
        return torch.from_numpy(rng.standard_normal(shape, np.float32))

    hints = ids(config.codes, batch, rows, 2)
    hints[:, ::3, 1] = config.null_hint_id
    # Stages, if there are any.
    hints[:, 1::3, 1] = config.ids - 1
    hints[:, 2::3, 1] = config.ids - 1 - torch.arange(batch)[:, None]
    positions = ids(config.text_slots + FRAMES * cells, batch, rows)
    return (
        ids(config.ids, batch, rows),
        hints if config.hints else None,
        positions,
        bias(batch, 1, rows, past[0] + rows),
        bias(config.patterns, batch, 1, rows, past[1] + rows),
        [
            (cache(past[0]), cache(past[0]), cache(past[1]), cache(past[1]))
            for _ in range(config.layers)
        ],
        _texts(config, batch) if config.text_summary else None,
        _shares(batch) if config.base_first_frame else None,
        None,
        hints[..., 1] if config.stage_rows else None,
    )


def _shares(batch: int) -> torch.Tensor:
    """[B, 1, 1]: the first sequence is drawn by the base channel alone."""
    return (torch.arange(batch) > 0).float()[:, None, None]


def _texts(config: TransformerConfig, batch: int) -> torch.Tensor:
    """Flat ids [B, T] of texts of different lengths."""
    pieces = torch.randint(config.codes + 1, config.codes + 20, (batch, config.text_slots))
    slots = torch.arange(config.text_slots)
    return torch.where(slots < 5 + slots.new_tensor(range(batch))[:, None], pieces, config.pad_id)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_graph_computes_the_step(variant: str) -> None:
    config = VARIANTS[variant]
    model = _model(config)
    graph = TransformerGraph(model, "int8").build()
    onnx_model = OnnxTransformer(open_session(graph.SerializeToString()), config)
    round_weights(model, "int8")
    for batch, rows, past in ((2, 1, (9, 30)), (3, 7, (1, 1))):
        feeds = _feeds(config, batch, rows, past)
        logits, new = model.step(*feeds)
        found_logits, found = onnx_model.step(*feeds)
        torch.testing.assert_close(found_logits, logits, rtol=1e-4, atol=1e-4)
        for layer, found_layer in zip(new, found, strict=True):
            torch.testing.assert_close(found_layer, layer, rtol=1e-4, atol=1e-4)


def test_the_text_summary_is_computed_by_the_first_run_alone() -> None:
    """Later runs take it back and give what runs that read the text give, to the last bit."""
    config = VARIANTS["text summary"]
    graph = TransformerGraph(_model(config), "int8", summary_once=True).build()
    session = open_session(graph.SerializeToString())
    batch = 3
    first, later = (_feeds(config, batch, 1, (9, 30)) for _ in range(2))
    texts = _texts(config, batch)
    plain = [OnnxTransformer(session, config).step(*f[:6], texts)[0] for f in (first, later)]
    once = OnnxTransformer(session, config)
    fed: list[dict] = []

    class Spy:
        get_inputs = session.get_inputs

        def run(self, names: None, feeds: dict) -> list:
            fed.append(feeds)
            return session.run(names, feeds)

    once.session = Spy()  # type: ignore[assignment]
    found = [once.step(*feeds[:6], texts)[0] for feeds in (first, later)]
    assert [len(feeds["text"]) for feeds in fed] == [batch, 0]
    assert [len(feeds["summary"]) for feeds in fed] == [0, batch]
    for ours, theirs in zip(found, plain, strict=True):
        assert torch.equal(ours, theirs)
    # Other texts are summarised anew.
    once.step(*later[:6], texts.flip(0))
    assert len(fed[-1]["text"]) == batch


def test_a_text_boost_in_the_bias_changes_logits() -> None:
    """The bias is added to scores, not used as a mask."""
    config = VARIANTS["key frames"]
    model = _model(config)
    session = open_session(TransformerGraph(model, "fp32").build().SerializeToString())
    feeds = list(_feeds(config, 1, 1, (9, 30)))
    feeds[3], feeds[4] = torch.zeros_like(feeds[3]), torch.zeros_like(feeds[4])
    plain, _ = OnnxTransformer(session, config).step(*feeds)
    feeds[3][..., :4] = 1.4
    boosted, _ = OnnxTransformer(session, config).step(*feeds)
    expected, _ = model.step(*feeds)
    assert float((plain - boosted).abs().max()) > 1e-3
    torch.testing.assert_close(boosted, expected, rtol=1e-4, atol=1e-4)


def test_inputs_and_outputs_are_those_of_the_contract() -> None:
    graph = TransformerGraph(_model(_BASE), "int8").build().graph
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    heads, width = _BASE.heads, _BASE.head_dim
    assert shapes["ids"] == shapes["positions"] == ["B", "S"]
    assert shapes["hints"] == ["B", "S", 2]
    assert shapes["temporal_bias"] == [2, "B", 1, "S", "Nt_S"]
    assert shapes["temporal_value_1"] == ["B", heads, "Nt", width]
    assert shapes["new_spatial_key_0"] == [1, "B", heads, "S", width]
    assert shapes["logits"] == ["B", _BASE.codes]
    assert len(shapes) == 5 + 1 + 2 * 4 * _BASE.layers


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_stands_in_the_way_of_graph_capture(variant: str) -> None:
    """No integers in main memory, and no output that is a view of another value."""
    graph = TransformerGraph(_model(VARIANTS[variant]), "int8", summary_once=True).build().graph
    maker = {output: node for node in graph.node for output in node.output}
    integers = {value.name for value in graph.input if value.type.tensor_type.elem_type != 1}
    integers |= {output for output, node in maker.items() if node.op_type == "Shape"}
    for node in graph.node:
        if node.op_type in ("Concat", "Split"):
            assert not integers & set(node.input), node.name
        elif node.op_type == "Slice":
            assert node.input[0] not in integers, node.name
    rows = {value.name for value in graph.output} - {"logits", "new_summary"}
    assert rows and {maker[name].op_type for name in rows} == {"Split"}


def test_weights_are_stored_as_bytes() -> None:
    graph = TransformerGraph(_model(_BASE), "int8").build().graph
    large = [i for i in graph.initializer if np.prod(i.dims) >= 2048]
    assert large and all(i.data_type == onnx.TensorProto.INT8 for i in large)


def test_rounding_to_bytes_loses_little() -> None:
    weight = np.random.default_rng(4).standard_normal((64, 256)).astype(np.float32)
    error = rounded(weight, "int8") - weight
    assert 0 < np.abs(error).max() < np.abs(weight).max() / 127
    assert np.array_equal(rounded(weight[:2, :10], "int8"), weight[:2, :10])  # too small to round
