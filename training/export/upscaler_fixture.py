"""Writes the upscaler of the TypeScript tests: python -m training.export.upscaler_fixture

Random weights for frames of the micro package, and what PyTorch makes of one frame with them.
"""

import base64
import json
from pathlib import Path

import torch

from training.export.upscaler_graph import build_upscaler_graph
from training.export.weight_storage import Precision, round_weights
from training.upscaler.config import UPSCALER_PRESETS
from training.upscaler.model import Upscaler
from training.vqvae.model import frames_to_tensor, tensor_to_frames

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "upscaler"
_PRECISION: Precision = "fp16"
_SPREAD = 0.1


def fixture_upscaler() -> Upscaler:
    """Weights that move every pixel visibly."""
    torch.manual_seed(6)
    model = Upscaler(UPSCALER_PRESETS["micro"]).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(_SPREAD * torch.randn_like(parameter))
    return model


def fixture_frame(pixels: int) -> torch.Tensor:
    """Stripes and noise, uint8 [1, P, P, 3]."""
    torch.manual_seed(7)
    stripes = 128 + 80 * torch.sin(torch.arange(pixels) * 0.7)[None, :, None, None]
    noise = 40 * torch.rand(1, pixels, pixels, 3)
    return (stripes + noise).clamp(0, 255).to(torch.uint8)


def main() -> None:
    model = fixture_upscaler()
    graph = build_upscaler_graph(model, _PRECISION).SerializeToString()
    round_weights(model, _PRECISION)
    frame = fixture_frame(model.config.pixels)
    upscaled = tensor_to_frames(model.upscale(frames_to_tensor(frame)))
    golden = {
        "pixels": model.config.pixels,
        "upscaledPixels": model.config.large,
        "precision": _PRECISION,
        "frame": base64.b64encode(frame.numpy().tobytes()).decode(),
        "upscaled": base64.b64encode(upscaled.numpy().tobytes()).decode(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "upscaler.onnx").write_bytes(graph)
    (FOLDER / "golden.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")
    print(f"{FOLDER}: {len(graph)} bytes")


if __name__ == "__main__":
    main()
