"""The trained parts of a preset, gathered for export."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training.common.checkpoint import load_checkpoint
from training.presets import Preset, data_folder
from training.ranker.config import ranker_folder
from training.ranker.model import Ranker, load_ranker
from training.storyboard.planner import Planner, load_planner, planner_config, planner_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.checkpoints import is_base_parameter, load_transformer, newest
from training.transformer.config import STAGES, Stage
from training.transformer.model import Transformer
from training.transformer.tokens import KIND_OF_STAGE, token_file
from training.upscaler.model import Upscaler, load_upscaler
from training.vqvae.config import VQVAE_PRESETS
from training.vqvae.model import VQVAE, load_vqvae

HISTORY_FILE = "started_from.json"
"""Written by training/warm_start.py: the package that training went on from."""


@dataclass(frozen=True)
class TrainedParts:
    preset: Preset
    tokenizer: CaptionTokenizer
    vqvae: VQVAE
    transformers: dict[Stage, Transformer]
    facts: dict[str, str | int | float]
    """How the parts were trained, for the manifest."""
    upscaler: Upscaler | None = None
    """None where the preset has none."""
    ranker: Ranker | None = None
    """None where the preset has none."""
    planner: Planner | None = None
    """None where the preset's models read no storyboard."""


def load_parts(preset: Preset) -> TrainedParts:
    """All parts from their checkpoints. FileNotFoundError names every missing one at once."""
    folder = data_folder(preset.name)
    vqvae_file = folder / "vqvae" / "final.pt"
    stage_files = {stage: newest(preset.name, stage) for stage in STAGES}
    wanted = [folder / "tokenizer.json", vqvae_file, *stage_files.values()]
    upscaler_file = folder / "upscaler" / "final.pt" if preset.upscaler_minutes else None
    ranker_file = ranker_folder(preset.name) / "final.pt" if preset.ranker_minutes else None
    planner_file = planner_folder(preset.name) / "final.pt" if preset.storyboard else None
    optional = (upscaler_file, ranker_file, planner_file)
    wanted += [path for path in optional if path is not None]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        raise FileNotFoundError(
            f"The {preset.name} model is not trained yet; missing: {', '.join(missing)}. "
            f"Run training/run.sh --preset {preset.name} first."
        )
    facts = {f"vqvae{name}": value for name, value in _duration(vqvae_file).items()}
    history = folder / HISTORY_FILE
    if history.exists():
        facts |= json.loads(history.read_text(encoding="utf-8"))
    for stage, path in stage_files.items():
        facts |= {f"{stage}{name}": value for name, value in _duration(path).items()}
        tokens = token_file(preset.name, KIND_OF_STAGE[stage], "train")
        digest = load_checkpoint(path).extra.get("data_sha256")  # trained elsewhere
        if tokens.exists():
            digest = hashlib.sha256(tokens.read_bytes()).hexdigest()
        if digest:
            facts[f"{stage}DataSha256"] = digest
    for part, path in (("upscaler", upscaler_file), ("ranker", ranker_file)):
        if path is not None:
            facts |= {f"{part}{name}": value for name, value in _duration(path).items()}
    return TrainedParts(
        preset,
        CaptionTokenizer.load(folder / "tokenizer.json"),
        load_vqvae(vqvae_file),
        {stage: load_transformer(path) for stage, path in stage_files.items()},
        facts,
        load_upscaler(upscaler_file) if upscaler_file is not None else None,
        load_ranker(ranker_file) if ranker_file is not None else None,
        load_planner(planner_file) if planner_file is not None else None,
    )


def _duration(path: Path) -> dict[str, int | float]:
    checkpoint = load_checkpoint(path)
    return {"Steps": checkpoint.step, "Minutes": round(checkpoint.elapsed / 60, 1)}


def untrained_parts(preset: Preset, tokenizer: CaptionTokenizer, seed: int = 1) -> TrainedParts:
    """Random weights, large enough that codes and pictures vary: enough to test a runtime with."""
    torch.manual_seed(seed)
    vqvae = VQVAE(VQVAE_PRESETS[preset.name])
    transformers = {
        stage: Transformer(preset.transformer(stage, tokenizer.vocabulary_size, tokenizer.pad_id))
        for stage in STAGES
    }
    planner = Planner(planner_config(preset, tokenizer)) if preset.storyboard else None
    for module in (vqvae, *transformers.values(), *([planner] if planner else [])):
        _enlarge(module)
    facts: dict[str, str | int | float] = {"weights": "random, not trained"}
    return TrainedParts(preset, tokenizer, vqvae, transformers, facts, planner=planner)


@torch.no_grad()
def _enlarge(module: nn.Module) -> None:
    module.eval().requires_grad_(False)
    for parameter in module.parameters():
        if parameter.ndim >= 2:
            spread = parameter[0].numel() ** -0.5
            parameter.add_(torch.randn_like(parameter) * spread)


def _check_shared_base(transformers: dict[Stage, Transformer]) -> None:
    first, *others = transformers.items()
    base = {name: p for name, p in first[1].named_parameters() if is_base_parameter(name)}
    for stage, model in others:
        own = dict(model.named_parameters())
        different = [name for name, value in base.items() if not torch.equal(value, own[name])]
        if different:
            raise ValueError(
                f"The stages {first[0]} and {stage} share no base ({different[0]} differs): train "
                f"{stage} again with --init and --share-base."
            )


def check_fit(parts: TrainedParts) -> None:
    """ValueError if the parts were not trained with each other's vocabulary, codes and base."""
    if parts.preset.shared_base:
        _check_shared_base(parts.transformers)
    tokenizer, vqvae = parts.tokenizer, parts.vqvae.config
    for stage, model in parts.transformers.items():
        wanted = parts.preset.transformer(stage, tokenizer.vocabulary_size, tokenizer.pad_id)
        if model.config != wanted:
            raise ValueError(
                f"The {stage} model does not fit preset and tokenizer: it has {model.config}, "
                f"expected {wanted}. Train it again, or restore the tokenizer it was trained with."
            )
        if (vqvae.codes, vqvae.grid) != (model.config.codes, model.config.grid):
            raise ValueError(
                f"The picture tokenizer has {vqvae.codes} codes and {vqvae.grid} cells a side, "
                f"the {stage} model {model.config.codes} and {model.config.grid}."
            )
    upscaler = parts.upscaler
    if upscaler is not None and upscaler.config.pixels != vqvae.pixels:
        raise ValueError(
            f"The upscaler takes frames of {upscaler.config.pixels} pixels, the picture tokenizer "
            f"makes {vqvae.pixels}."
        )
    _check_ranker(parts)
    _check_planner(parts)


def _check_planner(parts: TrainedParts) -> None:
    wanted = planner_config(parts.preset, parts.tokenizer) if parts.preset.storyboard else None
    found = parts.planner and parts.planner.config
    if found != wanted:
        raise ValueError(
            f"The planner of storyboards is {found}, preset and tokenizer expect {wanted}. Train "
            f"it again: python -m training.storyboard.train --preset {parts.preset.name}"
        )


def _check_ranker(parts: TrainedParts) -> None:
    if parts.ranker is None:
        if parts.preset.candidates > 1:
            raise ValueError(
                f"The preset {parts.preset.name} draws {parts.preset.candidates} candidates, but "
                "has no ranker to choose with: set ranker_minutes, or candidates to 1."
            )
        return
    found, tokenizer, vqvae = parts.ranker.config, parts.tokenizer, parts.vqvae.config
    wanted = {
        "grid": vqvae.grid,
        "codes": vqvae.codes,
        "pieces": tokenizer.vocabulary_size,
        "pad_piece": tokenizer.pad_id,
        "line_break_piece": tokenizer.line_break_id,
    }
    wrong = {name: value for name, value in wanted.items() if getattr(found, name) != value}
    if wrong:
        raise ValueError(
            f"The ranker was trained with other tokens or pieces: {found}, expected {wrong}. "
            "Train it again with --restart."
        )
