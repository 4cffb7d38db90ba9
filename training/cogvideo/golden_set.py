"""A whole set of golden vectors: its parts, and every figure of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from training.cogvideo.golden_case import GoldenCase
from training.cogvideo.golden_decoding import check_decoding
from training.cogvideo.golden_files import read_golden
from training.cogvideo.golden_layout import check_layout
from training.cogvideo.golden_sampling import check_sampling
from training.cogvideo.golden_stage import open_stage
from training.cogvideo.golden_training import check_training
from training.dsr.golden import check_dsr
from training.icetk.golden import check_vqvae

Check = Callable[[Path, int], Iterator[GoldenCase]]
"""Figures of one part of a folder; the number is the cells that a cached run takes at most."""


def check_stage(folder: Path, number: int, rows: int) -> Iterator[GoldenCase]:
    """Layout, training graph, and cached step in torch and onnxruntime of stage 1 or 2."""
    stage = open_stage(folder, number)
    yield from check_layout(stage)
    yield from check_training(stage)
    yield from check_decoding(stage, rows)


PARTS: Mapping[str, Check] = {
    "stage1": lambda folder, rows: check_stage(folder, 1, rows),
    "stage2": lambda folder, rows: check_stage(folder, 2, rows),
    "sampling": lambda folder, rows: check_sampling(folder),
    "vqvae": lambda folder, rows: check_vqvae(folder),
    "dsr": lambda folder, rows: check_dsr(folder),
}
"""By the name of the part's file, and of its entry in config.json where it has one."""


def parts_of(folder: Path) -> list[str]:
    """The parts that a folder has a file of or names in config.json.

    FileNotFoundError or ValueError where the folder is no set of golden vectors.
    """
    settings = read_settings(folder)
    unknown = sorted(set(settings) - set(PARTS))
    if unknown:
        raise ValueError(f"{folder / 'config.json'} names unknown parts: {', '.join(unknown)}")
    found = [part for part in PARTS if part in settings or (folder / f"{part}.npz").exists()]
    if not found:
        raise ValueError(f"{folder} has no part of a golden set ({', '.join(PARTS)})")
    return found


def read_settings(folder: Path) -> dict[str, Any]:
    """config.json: the settings of every part that is a model."""
    path = folder / "config.json"
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}: name a folder of golden vectors.")
    return json.loads(path.read_text(encoding="utf-8"))


def check_part(folder: Path, part: str, rows: int = 1) -> Iterator[GoldenCase]:
    """Every figure of one part. ValueError or KeyError where its files are damaged, or their
    settings are not those of config.json."""
    settings = read_settings(folder)
    file = read_golden(folder / f"{part}.npz")
    if part in settings and file.config != settings[part]:
        raise ValueError(f"{file.path} and config.json have different settings of {part}")
    yield from PARTS[part](folder, rows)
