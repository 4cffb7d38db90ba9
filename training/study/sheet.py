"""Draws a sheet of the same prompts by every variant, below their real renders.

python -m training.study.sheet --study DIR --out FILE.png [--prompts 4] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from training.evaluation.worlds import WORLDS, world_named
from training.study.judge import decoded_frames, rendered_frames
from training.study.models import VARIANTS
from training.study.rows import PROMPT_SEED, compared_row
from training.study.settings import Settings
from training.study.subworld import prompt_of, prompt_scenes
from training.transformer.sheet import draw_rows
from training.vqvae.model import load_vqvae
from training.world.atlas import World


def read_settings(folder: Path) -> Settings:
    """The settings of a study's folder."""
    values = json.loads((folder / "settings.json").read_text())
    return Settings(**{**values, "guidance_sweep": tuple(values["guidance_sweep"])})


def study_sheet(folder: Path, world: World, prompts: int, seed: int) -> Image.Image:
    """A column for each of the first `prompts`; a line for the renders and each finished row."""
    settings = read_settings(folder)
    scenes = prompt_scenes(settings.prompts, PROMPT_SEED)[:prompts]
    vqvae = load_vqvae(folder / "shared" / "vqvae" / "final.pt")
    lines = [(prompt_of(scene), frames) for scene, frames in
             zip(scenes, rendered_frames(scenes, world), strict=True)]  # fmt: skip
    for row in (compared_row(variant, settings) for variant in VARIANTS):
        file = row.file(folder, seed)
        if file.exists():
            with np.load(file) as drawn:
                clips = decoded_frames(drawn["tokens"][:prompts], vqvae)
            lines += [(f"{row.variant} {row.name}", clip) for clip in clips]
    labels, frames = zip(*lines, strict=True)
    return draw_rows(list(frames), list(labels), columns=prompts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="--out of training.study")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", choices=WORLDS, default="rendered")
    options = parser.parse_args()
    if not (options.study / "settings.json").exists():
        sys.exit(f"{options.study} holds no study: run python -m training.study --out it first")
    world = world_named(options.world, read_settings(options.study).pixels)
    sheet = study_sheet(options.study, world, options.prompts, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
