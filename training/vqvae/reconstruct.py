"""Draws a sheet of frames with their reconstructions below.

python -m training.vqvae.reconstruct --out sheet.png [--preset cpu] [--checkpoint FILE]
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from training.presets import PRESETS
from training.vqvae.config import VQVAE_PRESETS, vqvae_folder
from training.vqvae.model import load_vqvae
from training.vqvae.tokenize_frames import decode, encode
from training.vqvae.train import VALIDATION_SEED, make_source


def reconstruction_sheet(originals: np.ndarray, found: np.ndarray, columns: int = 8) -> Image.Image:
    """Rows of ``columns`` originals, each row followed by its reconstructions; pixels doubled."""
    rows = []
    for start in range(0, len(originals) // columns * columns, columns):
        for frames in (originals, found):
            rows.append(np.concatenate(list(frames[start : start + columns]), axis=1))
    return Image.fromarray(np.concatenate(rows).repeat(2, 0).repeat(2, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", choices=VQVAE_PRESETS, default="cpu")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--source", choices=("world", "shapes"), default="world")
    parser.add_argument("--frames", type=int, default=32)
    options = parser.parse_args()
    model = load_vqvae(options.checkpoint or vqvae_folder(options.preset) / "final.pt")
    source = make_source(options.source, model.config.pixels, PRESETS[options.preset].subset)
    # Several moments of a scene look alike: take one of eight.
    frames, _ = source(np.random.default_rng(VALIDATION_SEED), 8 * options.frames)
    frames = frames[::8]
    sheet = reconstruction_sheet(frames, decode(model, encode(model, frames, fast=False)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out)
    print(f"Wrote {options.out}: originals, reconstructions below each row.")


if __name__ == "__main__":
    main()
