"""A small random release with all parts: stages, text model, image tokenizer, super-resolution."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.cogvideo.golden_files import CONFIG_KEY
from training.cogvideo.release_settings import stage_config
from training.dsr.checkpoint import dsr_config
from training.dsr.config import DsrConfig
from training.dsr.model import DsrTransformer
from training.dsr.weights import original_names
from training.icetk.config import IcetkConfig
from training.icetk.model import IcetkVqvae
from training.tests.cogvideo_release import random_state, settings, write_release

CODES = 50
HIDDEN = 64
IMAGE_SETTINGS = {
    "channels": 4, "enc_channels_mult": [1, 2, 4], "enc_num_res_blocks": 2,
    "dec_channels_mult": [1, 1, 2, 4], "dec_num_res_blocks_per_level": 1, "z_channels": 6,
    "embedding_dim": 5, "n_embed": CODES, "levels": 3, "level": 1, "group_norm_groups": 4,
    "group_norm_eps": 1e-6, "mean": [0.79093, 0.76271, 0.7534], "std": [0.30379, 0.32279, 0.328],
}  # fmt: skip


def finer_settings(**changes: Any) -> dict[str, Any]:
    """model_config.json of super-resolution: 4 x 4 tokens to 8 x 8, the sizes of the stages."""
    stated = settings(1, **{"hidden_size": HIDDEN, **changes})
    names = ("num_layers", "hidden_size", "num_attention_heads", "vocab_size", "num_image_tokens")
    own = {"layout": "10,26,90", "layernorm_order": "sandwich", "additional_seqlen": 64}
    return {**{name: stated[name] for name in names}, **own, **changes}


def write_finer_release(
    folder: Path, text_model: bytes | None = None, base_seed: int = 1, **changes: Any
) -> None:
    """Everything; `base_seed` 1 gives super-resolution the body of the stages. `text_model` must
    have as many pieces as the stages have rows for (vocab_size - 10 - codes)."""
    write_release(folder, hidden_size=HIDDEN, **changes)
    write_super_resolution(folder, base_seed, **changes)
    write_image_tokenizer(folder / "vqvae.npz")
    np.save(folder / "cluster_label2.npy", code_clusters())
    if text_model is not None:
        (folder / "ice_text.model").write_bytes(text_model)


def code_clusters() -> np.ndarray:
    return np.arange(CODES) * 7 % 9


def write_super_resolution(folder: Path, base_seed: int = 1, **changes: Any) -> None:
    """cogview2-dsr as the release has it."""
    stated = finer_settings(**changes)
    config = dsr_config(stated)
    target = folder / "cogview2-dsr" / "20000"
    target.mkdir(parents=True)
    (target.parent / "latest").write_text("20000")
    (target.parent / "model_config.json").write_text(json.dumps(stated))
    content = {"module": finer_state(config, stated, base_seed), "iteration": 20000}
    torch.save(content, target / "mp_rank_00_model_states.pt")


def finer_state(
    config: DsrConfig, stated: dict[str, Any], base_seed: int
) -> dict[str, torch.Tensor]:
    """float16; the body is that of a stage with the same seed and sizes."""
    sizes = {name: stated[name] for name in ("hidden_size", "vocab_size")}
    body = random_state(stage_config(settings(1, **sizes), 1), 1, base_seed)
    with torch.device("meta"):
        parameters = dict(DsrTransformer(config).named_parameters())
    own = torch.Generator().manual_seed(77)
    state = {}
    for ours, theirs in original_names(config).items():
        if theirs in body and body[theirs].shape == parameters[ours].shape:
            state[theirs] = body[theirs]
            continue
        shape = parameters[ours].shape
        values = torch.randn(shape, generator=own)
        values *= shape[-1] ** -0.5 if len(shape) > 1 else 0.1
        state[theirs] = values.half()
    return state


def write_image_tokenizer(path: Path) -> None:
    """A state dict of arrays with its settings; decoded frames have contrast."""
    torch.manual_seed(11)
    model = IcetkVqvae(IcetkConfig.from_json(IMAGE_SETTINGS)).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    text = json.dumps(IMAGE_SETTINGS).encode()
    arrays = {name: tensor.half().numpy() for name, tensor in model.state_dict().items()}
    np.savez(path, **arrays, **{CONFIG_KEY: np.frombuffer(text, np.uint8)})
