"""Small random checkpoints in the layout and with the names of CogVideo's release, for tests."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.release_settings import stage_config
from training.cogvideo.transformer_weights import tensor_shapes

SETTINGS = {
    "num_layers": 4,
    "hidden_size": 32,
    "num_attention_heads": 2,
    "vocab_size": 80,
    "num_image_tokens": 50,
    "pad_id": 53,
    "max_sequence_length": 1024,
    "additional_seqlen": 2000,
    "layout": "8,24,88",
    "layernorm_order": "sandwich",
    "inner_hidden_size": None,
}
WINDOW = {1: {"window_size": -1}, 2: {"window_size": 2}}


def settings(stage: int, **changes: Any) -> dict[str, Any]:
    """What model_config.json holds: a grid of 4 x 4, windows of 2 x 2 in stage 2."""
    return {**SETTINGS, **WINDOW[stage], "cogvideo_stage": stage, **changes}


def random_state(config: CogVideoConfig, stage: int, base_seed: int = 1) -> dict[str, Tensor]:
    """float16 weights; the base depends on `base_seed` alone, the rest on the stage."""
    base = torch.Generator().manual_seed(base_seed)
    own = torch.Generator().manual_seed(100 + stage)
    state = OrderedDict()
    for name, shape in tensor_shapes(config).items():
        source = base if name.startswith("transformer.") else own
        values = torch.randn(shape, generator=source)
        values *= shape[-1] ** -0.5 if len(shape) > 1 else 0.1
        state[name] = (values + ("layernorm.weight" in name)).half()
    return state


def write_stage_folder(
    folder: Path, stage: int, ranks: list[dict[str, Tensor]], stated: dict[str, Any]
) -> None:
    """latest, model_config.json and one file a rank, with the bookkeeping of a training run."""
    iteration = str({1: 27000, 2: 38000}[stage])
    (folder / iteration).mkdir(parents=True)
    (folder / "latest").write_text(iteration)
    (folder / "model_config.json").write_text(json.dumps(stated))
    for rank, state in enumerate(ranks):
        content = {
            "module": state,
            "iteration": int(iteration),
            "lr_scheduler": {"num_iters": 3, "start_lr": 0.1},
            "np_rng_state": np.random.get_state(),
            "rng_tracker_states": {"model-parallel-rng": torch.get_rng_state()},
        }
        torch.save(content, folder / iteration / f"mp_rank_{rank:02d}_model_states.pt")


def write_release(folder: Path, **changes: Any) -> None:
    """Both stages, with the same base, one rank each."""
    for stage in (1, 2):
        stated = settings(stage, **changes)
        state = random_state(stage_config(stated, stage), stage)
        write_stage_folder(folder / f"cogvideo-stage{stage}", stage, [state], stated)


def cut_for_rank(name: str, whole: Tensor, rank: int, ranks: int) -> Tensor:
    """What a model-parallel rank holds: a column-parallel layer keeps output rows (of q, k and v
    each), a row-parallel one input columns; everything else is a copy."""
    if "query_key_value" in name:
        return torch.cat([third.chunk(ranks)[rank] for third in whole.chunk(3)]).clone()
    if "h_to_4h" in name or "word_embeddings" in name:
        return whole.chunk(ranks)[rank].clone()
    row_parallel = "attention.dense" in name or "attention_plus.dense" in name or "4h_to_h" in name
    if row_parallel and name.endswith("weight"):
        return whole.chunk(ranks, dim=1)[rank].clone()
    return whole.clone()
