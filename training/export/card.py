"""The model card of a package: the manifest's field `card` (src/shared/modelCard.ts)."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from training.export.card_texts import DATA, LIMITS, PART_NAMES, licences_of
from training.presets import Preset
from training.world.captions import known_things

Training = Mapping[str, str | int | float]


def build_card(
    preset: Preset,
    training: Training,
    hardware: str | None = None,
    figures: Sequence[Mapping[str, Any]] = (),
    method: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The card of a package that was trained with `preset`.

    `training` is the manifest's field of that name, with command and commit. `hardware` is what
    the training ran on; this machine where it is not given. `figures` and `method` come from
    :mod:`training.export.card_figures`; without them the card says that nothing was measured.
    """
    card: dict[str, Any] = {
        "knows": known_things(preset.subset),
        "limits": list(LIMITS.get(preset.subset, ())),
        "figures": [dict(figure) for figure in figures],
        "data": DATA[preset.world],
        "licences": licences_of(preset.subset),
        "cost": training_cost(training, hardware or this_machine()),
    }
    if method is not None:
        card["method"] = dict(method)
    return card


def training_cost(training: Training, hardware: str) -> dict[str, Any]:
    """Minutes, steps and data hashes of the parts, from the manifest's facts.

    Minutes of the packages that training went on from count as well (training/warm_start.py).
    """
    parts = [_part(training, part) for part in PART_NAMES if f"{part}Minutes" in training]
    cost: dict[str, Any] = {
        "minutes": round(sum(p["minutes"] + p.get("minutesBefore", 0) for p in parts), 1),
        "hardware": hardware,
        "command": training["command"],
        "commit": training["commit"],
        "parts": parts,
        "data": [
            {"name": name, "sha256": training[f"{part}DataSha256"]}
            for part, name in PART_NAMES.items()
            if f"{part}DataSha256" in training
        ],
    }
    if "startedFromVersion" in training:
        version, commit = training["startedFromVersion"], training["startedFromCommit"]
        cost["startedFrom"] = f"{version}, {commit}"
    return cost


def _part(training: Training, part: str) -> dict[str, Any]:
    found = {
        "name": PART_NAMES[part],
        "minutes": training[f"{part}Minutes"],
        "steps": training.get(f"{part}Steps", 0),
    }
    before = training.get(f"{part}MinutesBefore")
    return {**found, "minutesBefore": before} if before else found


def this_machine() -> str:
    """What computes here, e.g. "2 CPU cores (AMD EPYC)"; GPUs by their names."""
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        return f"{count} x {torch.cuda.get_device_name(0)}"
    return f"{os.cpu_count()} CPU cores ({_processor()})"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
