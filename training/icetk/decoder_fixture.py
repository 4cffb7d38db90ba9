"""Writes icetk's graphs for the TypeScript tests: python -m training.icetk.decoder_fixture

Random weights, and what PyTorch makes of one frame with them.
"""

import base64
import json
from pathlib import Path

import torch

from training.export.weight_storage import Precision, round_weights
from training.icetk.config import IcetkConfig
from training.icetk.graph import build_decoder_graph, build_encoder_graph
from training.icetk.model import IcetkVqvae
from training.vqvae.model import frames_to_tensor, tensor_to_frames

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "icetk"
_CONFIG = IcetkConfig(channels=4, groups=4, latent=6, code_width=5, codes=40)
_GRID = 6
_QUERIES_AT_ONCE = 10  # of 36, so that the graph has chunks
_PRECISION: Precision = "fp16"


def fixture_vqvae() -> IcetkVqvae:
    """Weights that make pictures of some contrast, as the graphs store them."""
    torch.manual_seed(11)
    model = IcetkVqvae(_CONFIG).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    round_weights(model, _PRECISION)
    return model


def main() -> None:
    model = fixture_vqvae()
    tokens = torch.randint(_CONFIG.codes, (1, _GRID, _GRID))
    frames = model.decode(tokens)
    seen = tensor_to_frames(frames)
    golden = {
        "grid": _GRID,
        "pixels": seen.shape[1],
        "precision": _PRECISION,
        "tokens": tokens.flatten().tolist(),
        "frame": base64.b64encode(seen.numpy().tobytes()).decode(),
        "encoded": model.encode(frames_to_tensor(seen)).flatten().tolist(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    graphs = {"decoder": build_decoder_graph, "encoder": build_encoder_graph}
    for name, build in graphs.items():
        graph = build(model, _PRECISION, _GRID, _QUERIES_AT_ONCE).SerializeToString()
        (FOLDER / f"{name}.onnx").write_bytes(graph)
        print(f"{FOLDER / name}.onnx: {len(graph)} bytes")
    (FOLDER / "golden.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
