"""Draws a sheet of the same prompts by every variant, below their real renders.

python -m training.study.sheet --study DIR --out FILE.png [--prompts 6] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image

from training.evaluation.worlds import WORLDS, world_named
from training.study.judge import drawn_frames, rendered_frames
from training.study.models import VARIANTS
from training.study.rows import PROMPT_SEED, compared_row
from training.study.settings import read_settings
from training.study.subworld import prompt_of, prompt_scenes
from training.transformer.sheet import draw_rows
from training.vqvae.model import load_vqvae
from training.world.atlas import World


def study_sheet(folder: Path, world: World, prompts: int, seed: int) -> Image.Image:
    """The first `prompts`, two beside each other; a line for the renders and each finished row."""
    settings = read_settings(folder)
    scenes = prompt_scenes(settings.prompts, PROMPT_SEED)[:prompts]
    vqvae = load_vqvae(folder / "shared" / "vqvae" / "final.pt")
    real = rendered_frames(scenes, world)
    lines = [[(prompt_of(scene), clip)] for scene, clip in zip(scenes, real, strict=True)]
    for row in (compared_row(variant, settings) for variant in VARIANTS):
        file = row.file(folder, seed)
        if not file.exists():
            continue
        clips = drawn_frames(file, vqvae, prompts)
        for line, clip in zip(lines, clips, strict=True):
            line.append((f"{row.variant} {row.name}", clip))
    # Lines of a left and a right prompt alternate.
    pairs = [
        one
        for first in range(0, prompts, 2)
        for together in zip(*lines[first : first + 2], strict=True)
        for one in together
    ]
    labels, frames = zip(*pairs, strict=True)
    return draw_rows(list(frames), list(labels), columns=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="--out of training.study")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", choices=WORLDS, default="rendered")
    options = parser.parse_args()
    if options.prompts < 1 or options.prompts % 2:
        parser.error("--prompts must be an even number: two stand beside each other")
    if not (options.study / "settings.json").exists():
        sys.exit(f"{options.study} holds no study: run python -m training.study --out it first")
    world = world_named(options.world, read_settings(options.study).pixels)
    sheet = study_sheet(options.study, world, options.prompts, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
