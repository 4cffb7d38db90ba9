"""One stage of a golden set opened: its model, its cases, and what each case expects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.golden_files import GoldenFile, read_golden
from training.cogvideo.transformer_weights import transformer_from_arrays
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.transformer_graph import TransformerGraph
from training.transformer.config import FRAMES
from training.transformer.model import Transformer


@dataclass(frozen=True)
class GoldenStage:
    """Stage 1 or 2 of a set. `io` holds inputs and expected outputs of numbered cases."""

    number: int
    config: CogVideoConfig
    model: Transformer
    io: GoldenFile

    @property
    def title(self) -> str:
        return f"stage {self.number}"

    @cached_property
    def cases(self) -> list[int]:
        """Numbers of the cases, ascending."""
        found = (re.fullmatch(r"case(\d+)\.text", name) for name in self.io.arrays)
        return sorted(int(match.group(1)) for match in found if match)

    @cached_property
    def graph(self) -> OnnxTransformer:
        """The stage's exported graph, unquantised, in onnxruntime."""
        graph = TransformerGraph(self.model, "fp32").build()
        return OnnxTransformer(open_session(graph.SerializeToString()), self.model.config)

    def text(self, case: int) -> np.ndarray:
        """Text ids [T]."""
        return self.io[f"case{case}.text"]

    def frames(self, cases: Sequence[int]) -> Tensor:
        """Tokens int64 [len(cases), 5, C]."""
        stacked = np.stack([self.io[f"case{case}.frames"] for case in cases])
        return torch.from_numpy(stacked.astype(np.int64))

    def texts(self, texts: Sequence[np.ndarray]) -> Tensor:
        """Flat ids int64 [len(texts), longest], padded on the right."""
        rows = np.full((len(texts), max(map(len, texts))), self.config.pad_id, np.int64)
        for row, text in zip(rows, texts, strict=True):
            row[: len(text)] = text
        return torch.from_numpy(rows)


def open_stage(folder: Path, number: int) -> GoldenStage:
    """Reads stage{number}.npz and stage{number}_io.npz of a set.

    FileNotFoundError or ValueError where a file is missing, damaged or of other sizes.
    """
    weights = read_golden(folder / f"stage{number}.npz")
    config = CogVideoConfig.from_json(weights.config)
    if config.stage != ("keyframes", "interpolation")[number - 1]:
        raise ValueError(f"{weights.path} holds the other stage's model")
    model = transformer_from_arrays(weights.arrays, config).requires_grad_(False)
    stage = GoldenStage(number, config, model, read_golden(folder / f"stage{number}_io.npz"))
    if not stage.cases:
        raise ValueError(f"{stage.io.path} has no cases (no array named case0.text)")
    for case in stage.cases:
        _check_inputs(stage, case)
    return stage


def _check_inputs(stage: GoldenStage, case: int) -> None:
    """ValueError where a case does not fit the model."""
    config, text, frames = stage.config, stage.text(case), stage.io[f"case{case}.frames"]
    name = f"{stage.io.path}: case {case}"
    if text.ndim != 1 or not 0 < len(text) <= config.text_slots:
        raise ValueError(f"{name} has a text of shape {text.shape}, not 1..{config.text_slots} ids")
    if frames.shape != (FRAMES, config.grid**2):
        raise ValueError(f"{name} has frames of shape {frames.shape}, not {FRAMES, config.grid**2}")
    if not (text.min() >= 0 and text.max() < config.vocabulary):
        raise ValueError(f"{name} has text ids outside of the vocabulary of {config.vocabulary}")
    if not (frames.min() >= 0 and frames.max() < config.codes):
        raise ValueError(f"{name} has tokens that are not image codes (0..{config.codes - 1})")
