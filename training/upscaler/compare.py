"""Compares the upscaler with bicubic and Lanczos enlargement, on scenes of fresh seeds.

    python -m training.upscaler.compare --preset cpu --sheet docs/upscaler.webp --json figures.json

Inputs are what the preset's picture tokenizer makes of the frames, as in the app. The sheet has a
row per scene: the decoder's pixels, bicubic, the upscaler, the render.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.upscaler.config import UPSCALER_PRESETS, upscaler_folder
from training.upscaler.losses import Enlargement, measure_enlargement
from training.upscaler.model import Upscaler, load_upscaler
from training.upscaler.pairs import Pairs
from training.upscaler.train import as_tensors, default_render, pair_source
from training.vqvae.config import vqvae_folder
from training.vqvae.model import tensor_to_frames

SEED = 9_000_011
"""Neither trained nor validated on."""
_BATCH = 16

Enlarge = Callable[[Tensor], Tensor]


def pillow_enlargement(factor: int, filter_: Image.Resampling) -> Enlarge:
    """[N, 3, P, P] -> [N, 3, F * P, F * P] by one of Pillow's filters, through 8 bits."""

    def enlarge(frames: Tensor) -> Tensor:
        side = frames.shape[-1] * factor
        pictures = [Image.fromarray(frame) for frame in tensor_to_frames(frames).numpy()]
        large = [np.asarray(picture.resize((side, side), filter_)) for picture in pictures]
        return torch.from_numpy(np.stack(large)).permute(0, 3, 1, 2).float() / 255

    return enlarge


def methods(model: Upscaler) -> dict[str, Enlarge]:
    """Every enlargement that is compared, by the name in the table."""
    factor = model.config.factor
    return {
        "nearest": pillow_enlargement(factor, Image.Resampling.NEAREST),
        "bicubic": lambda frames: model.enlarge(frames).clamp(0, 1),
        "Lanczos": pillow_enlargement(factor, Image.Resampling.LANCZOS),
        "upscaler": model.upscale,
    }


def compare(model: Upscaler, pairs: Pairs) -> dict[str, Enlargement]:
    """Figures of each method over all ``pairs``."""
    small, large, masks = as_tensors(pairs)
    figures = {}
    for name, enlarge in methods(model).items():
        found = torch.cat([enlarge(part) for part in small.split(_BATCH)])
        figures[name] = measure_enlargement(found, large, masks)
    return figures


def table(figures: dict[str, Enlargement]) -> str:
    """Markdown."""
    head = "| enlargement | PSNR | subject | edges | sharpness |\n| --- | --- | --- | --- | --- |"
    rows = [
        f"| {name} | {f.frame:.2f} dB | {f.subject:.2f} dB | {f.edges:.2f} dB | {f.sharpness:.2f} |"
        for name, f in figures.items()
    ]
    return "\n".join([head, *rows])


def sheet(model: Upscaler, pairs: Pairs) -> Image.Image:
    """A row per pair: nearest, bicubic, upscaler, render."""
    small, large, _ = as_tensors(pairs)
    chosen = [methods(model)[name](small) for name in ("nearest", "bicubic", "upscaler")]
    columns = [tensor_to_frames(frames).numpy() for frames in (*chosen, large)]
    return Image.fromarray(np.concatenate([np.concatenate(list(c)) for c in columns], axis=1))


def _every(pairs: Pairs, step: int, count: int) -> Pairs:
    """Single moments of ``count`` scenes, those that show most of their subject first."""
    shown = pairs.masks[::step].sum((1, 2))
    order = np.argsort(-shown, kind="stable")[:count] * step
    return Pairs(pairs.small[order], pairs.large[order], pairs.masks[order])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=UPSCALER_PRESETS, default="cpu")
    parser.add_argument("--checkpoint", type=Path, help="upscaler (default: the preset's)")
    parser.add_argument("--vqvae", type=Path, help="tokenizer (default: the preset's)")
    parser.add_argument("--render", type=Path, help="large render (default: render-large)")
    parser.add_argument("--split", choices=("train", "heldout"), default="train")
    parser.add_argument("--frames", type=int, default=256)
    parser.add_argument("--rows", type=int, default=5, help="of the sheet")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_upscaler(options.checkpoint or upscaler_folder(options.preset) / "final.pt")
    vqvae = options.vqvae or vqvae_folder(options.preset) / "final.pt"
    render = options.render or default_render()
    source = pair_source(model.config, vqvae, render, options.split)
    pairs = source(np.random.default_rng(SEED), options.frames)
    figures = compare(model, pairs)
    print(f"{options.frames} frames of fresh seeds, {options.split} side of the split")
    print(table(figures))
    if options.json:
        values = {name: asdict(figure) for name, figure in figures.items()}
        options.json.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    if options.sheet:
        sheet(model, _every(pairs, 4, options.rows)).save(options.sheet)
        print(f"{options.sheet}: nearest, bicubic, upscaler, render")


if __name__ == "__main__":
    main()
