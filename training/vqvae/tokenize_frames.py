"""Frames to picture tokens in bulk."""

import numpy as np
import torch

from training.vqvae.model import VQVAE, frames_to_tensor, tensor_to_frames


@torch.no_grad()
def encode(model: VQVAE, frames: np.ndarray, batch: int = 64, fast: bool = True) -> np.ndarray:
    """Frames uint8 [N, P, P, 3] -> tokens uint16 [N, G, G].

    ``fast`` runs the encoder in bfloat16, about twice as quick; now and then a token then differs
    from the one that the exported encoder gives.
    """
    device = next(model.parameters()).device
    grid = model.config.grid
    tokens = np.empty((len(frames), grid, grid), np.uint16)
    for start in range(0, len(frames), batch):
        part = torch.from_numpy(frames[start : start + batch]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=fast):
            latents = model.encoder(frames_to_tensor(part))
        found = model.quantizer.tokens_of(latents.float())
        tokens[start : start + batch] = found.cpu().numpy().astype(np.uint16)
    return tokens


@torch.no_grad()
def decode(model: VQVAE, tokens: np.ndarray, batch: int = 32) -> np.ndarray:
    """Tokens [N, G, G] -> frames uint8 [N, P, P, 3]."""
    device = next(model.parameters()).device
    parts = [
        tensor_to_frames(model.decode(part.to(device))).cpu()
        for part in torch.from_numpy(tokens.astype(np.int64)).split(batch)
    ]
    return torch.cat(parts).numpy()
