"""Reads the ranker back out of its graph: ranker_graph.py, inverted."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from training.export.read_graphs import GraphReader, fill, fill_convolutions, kernels_of
from training.ranker.config import RankerConfig
from training.ranker.model import Ranker
from training.transformer.text_reader import LABELS


@torch.no_grad()
def read_ranker(folder: Path, config: RankerConfig) -> Ranker:
    """The ranker of a package's ranker.onnx, of known sizes; its weights have the precision that
    they are stored in. ValueError names what does not fit."""
    reader, model = GraphReader(folder / "ranker.onnx"), Ranker(config)
    seen, asked, due = model.pictures, model.sentence, model.expected
    tables = {
        "codes": seen.codes,
        "durations": seen.duration[0],
        "piece_weights": asked.weights,
        "pieces": asked.pieces,
        "due.durations": due.duration,
        "due.actions": due.actions,
    }
    for name, table in tables.items():
        fill(table.weight, reader.named(name), f"ranker: {name}")
    linears: dict[str, nn.Module] = {"duration": seen.duration[1], "asked.hidden": asked.hidden}
    for name, head in zip(("frame", "clip", "stage"), _heads(model), strict=True):
        linears |= {f"{name}.hidden": head.hidden, f"{name}.head": head.head}
    linears |= {f"asked.{name}": head for name, head in zip(LABELS, asked.heads, strict=True)}
    linears |= {"due.inner": due.inner, "due.head": due.head}
    for name, linear in linears.items():
        fill(linear.weight, reader.named(name).T, f"ranker: {name}")
        fill(linear.bias, reader.named(f"{name}.bias"), f"ranker: {name}")
    convolutions = nn.Sequential(*seen.frame, seen.join, *seen.clip)
    fill_convolutions(convolutions, kernels_of(reader), reader.path.name)
    return model


def _heads(model: Ranker) -> tuple[nn.Module, ...]:
    seen = model.pictures
    return seen.frame_head, seen.clip_head, seen.stage_head
