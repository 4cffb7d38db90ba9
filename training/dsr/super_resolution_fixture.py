"""Writes the super-resolution of the TypeScript tests:
python -m training.dsr.super_resolution_fixture

Random weights for frames of the micro package, and what PyTorch makes of one frame with them: fine
tokens by `draw_code`, pixels by icetk's VQVAE. The two graphs are shards of the package's upscaler.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch

from training.common.random_stream import SUPER_RESOLUTION, stream_key, uniform
from training.dsr.config import DsrConfig
from training.dsr.graph import DsrGraph
from training.dsr.model import DsrTransformer
from training.dsr.sampling import dsr_sampling
from training.export.weight_storage import Precision, round_weights
from training.icetk.config import IcetkConfig
from training.icetk.graph import build_decoder_graph
from training.icetk.model import IcetkVqvae
from training.transformer.cluster_sampling import draw_code
from training.vqvae.model import tensor_to_frames

TESTS = Path(__file__).parents[2] / "tests" / "fixtures"
FOLDER = TESTS / "superResolution"

_PRECISION: Precision = "fp16"
_SEED = 7
_FACTOR = 3
_TEXT = 5  # ids


def fixture_models(micro: dict) -> tuple[DsrTransformer, IcetkVqvae]:
    """For the ids and the grid of a manifest, as the graphs store them."""
    ids, codes, grid = micro["ids"], micro["codes"], micro["grid"]
    slots = micro["textLength"]
    torch.manual_seed(12)
    dsr = DsrTransformer(
        DsrConfig(
            layers=2, hidden=16, heads=2, ffn=32, vocabulary=ids["beginOfImage"] + 1, codes=codes,
            boi_id=ids["beginOfImage"], text_slots=slots, coarse_grid=grid,
            fine_grid=_FACTOR * grid, coarse_offset=slots + 1,
            base_positions=slots + 1 + grid**2,
        ),
        tile=6,
    )  # fmt: skip
    vqvae = IcetkVqvae(IcetkConfig(channels=4, groups=4, latent=6, code_width=5, codes=codes))
    for model, spread in ((dsr, 0.3), (vqvae, 0.1)):
        model.eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(spread * torch.randn_like(parameter))
        round_weights(model, _PRECISION)
    return dsr, vqvae


def main() -> None:
    manifest = TESTS / "models" / "micro" / "manifest.json"
    micro = json.loads(manifest.read_text(encoding="utf-8"))
    dsr, vqvae = fixture_models(micro)
    grid, fine, codes = micro["grid"], dsr.config.fine_grid, micro["codes"]
    sampling = dsr_sampling(np.arange(codes) % 9)
    text = torch.randint(micro["ids"]["textOffset"], micro["ids"]["beginOfImage"], (1, _TEXT))
    tokens = torch.randint(codes, (1, grid**2))
    key = stream_key(_SEED, SUPER_RESOLUTION)
    drawn = [
        draw_code(logits, sampling, float(np.float32(uniform(key, cell))))
        for cell, logits in enumerate(dsr.logits(dsr(text, tokens)[0]).numpy())
    ]
    frame = tensor_to_frames(vqvae.decode(torch.tensor(drawn).view(1, fine, fine)))
    golden = {
        "upscaledPixels": frame.shape[1],
        "precision": _PRECISION,
        "seed": _SEED,
        "text": text[0].tolist(),
        "tokens": tokens[0].tolist(),
        "fineTokens": drawn,
        "frame": base64.b64encode(frame.numpy().tobytes()).decode(),
    }
    graphs = {
        "superResolution": DsrGraph(dsr, _PRECISION).build_drawing(sampling),
        "fineDecoder": build_decoder_graph(
            vqvae, _PRECISION, fine, names=("fine_tokens", "upscaled")
        ),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, graph in graphs.items():
        content = graph.SerializeToString()
        (FOLDER / f"{name}.onnx").write_bytes(content)
        print(f"{FOLDER / name}.onnx: {len(content)} bytes")
    (FOLDER / "golden.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
