"""Super-resolution against a set of golden vectors: hidden rows and logits, torch and ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from training.cogvideo.golden_case import GoldenCase, Side, differing, largest_difference
from training.cogvideo.golden_files import GoldenFile, read_golden
from training.dsr.config import DsrConfig
from training.dsr.golden_sampling import check_cluster_graph
from training.dsr.graph import DsrGraph
from training.dsr.model import DsrTransformer
from training.dsr.weights import dsr_from_arrays
from training.export.onnx_transformer import open_session

TORCH_LIMIT = 5e-5
ONNX_LIMIT = 2e-4
CLEAR_MARGIN = 1e-4  # below it, the two largest logits may change places


def check_dsr(folder: Path) -> Iterator[GoldenCase]:
    """Every vector of dsr.npz, through the torch model and the exported fp32 graph; where the set
    has sampling.npz, also its distributions through the sampler in that graph."""
    golden = read_golden(folder / "dsr.npz")
    _, weights = golden.split("io.")
    model = dsr_from_arrays(weights, DsrConfig.from_json(golden.config))
    yield from _check_layout(golden, model)
    yield from _check_torch(golden, model)
    yield from _check_logits(golden, "onnx", _onnx_logits(golden, model), ONNX_LIMIT)
    if (folder / "sampling.npz").is_file():
        yield from check_cluster_graph(folder)


def _check_layout(golden: GoldenFile, model: DsrTransformer) -> Iterator[GoldenCase]:
    """The reference's padded input and position ids, put together from the settings."""
    config, text = model.config, golden["io.text"]
    pads = np.zeros(config.text_slots - len(text), np.int64)
    boi = np.full(config.fine_cells, config.boi_id)
    ids = np.concatenate([pads, text, golden["io.low_ids"], boi])
    positions = np.concatenate(
        [
            pads,
            np.arange(len(text)),
            config.coarse_offset + np.arange(config.coarse_cells),
            config.base_positions + np.arange(config.fine_cells),
        ]
    )
    for name, found in (("input_ids", ids), ("position_ids", positions)):
        wrong = differing(found, golden[f"io.{name}"])
        yield GoldenCase(f"dsr: {name}", "numpy", wrong, 0, "ids that differ")


def _check_torch(golden: GoldenFile, model: DsrTransformer) -> Iterator[GoldenCase]:
    text, coarse = (
        torch.from_numpy(golden[f"io.{name}"].astype(np.int64))[None]
        for name in ("text", "low_ids")
    )
    with torch.inference_mode():
        base, fine = model.all_hidden(text, coarse)
        high = fine[0, golden["io.high_cells"]]
        low = base[0, text.shape[1] :][golden["io.low_cells"]]
        logits = model.logits(high).numpy()
    for name, found in (("high", high), ("low", low)):
        difference = largest_difference(found.numpy(), golden[f"io.{name}.hidden"])
        yield GoldenCase(f"dsr: hidden rows, {name}", "torch", difference, TORCH_LIMIT, "of a row")
    yield from _check_logits(golden, "torch", logits, TORCH_LIMIT)


def _check_logits(
    golden: GoldenFile, side: Side, logits: np.ndarray, limit: float
) -> Iterator[GoldenCase]:
    """Logits [P, codes] at the sampled cells against every figure that the set holds of them."""
    exact = logits.astype(np.float64)
    highest = exact.max(-1)
    lse = highest + np.log(np.exp(exact - highest[:, None]).sum(-1))
    figures = {
        "logits": (logits[:, golden["io.code_idx"]], golden["io.high.logits"]),
        "all logits of a cell": (
            logits[golden["io.high.full_rows"]],
            golden["io.high.full_logits"],
        ),
        "largest logit": (highest, golden["io.high.max"]),
        "log-sum-exp": (lse, golden["io.high.lse"]),
    }
    for name, (found, expected) in figures.items():
        difference = largest_difference(found, expected)
        yield GoldenCase(f"dsr: {name}", side, difference, limit, "logit")
    clear = golden["io.high.top1_margin"] >= CLEAR_MARGIN
    wrong = differing(logits.argmax(-1)[clear], golden["io.high.argmax"][clear])
    yield GoldenCase("dsr: best codes", side, wrong, 0, "ids that differ")


def _onnx_logits(golden: GoldenFile, model: DsrTransformer) -> np.ndarray:
    session = open_session(DsrGraph(model, "fp32").build().SerializeToString())
    side = model.config.coarse_grid
    feeds = {
        "text": golden["io.text"][None],
        "tokens": golden["io.low_ids"].reshape(1, side, side),
        "cells": golden["io.high_cells"],
    }
    return session.run(None, {name: ids.astype(np.int32) for name, ids in feeds.items()})[0][0]
