"""Draws sheets of samples: prompts by key frames, or one whole interpolated clip.

    python -m training.transformer.sheet --preset cpu --out FILE.png
    python -m training.transformer.sheet --preset cpu --clip "a lion drinks water at the lake" \\
        --out FILE.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from training.presets import PRESETS, data_folder, preset_named
from training.storyboard.plan import key_frame_opening, plan_of, window_opening
from training.storyboard.planner import load_planner, planner_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.checkpoints import load_transformer, newest
from training.transformer.model import Transformer
from training.transformer.sample import (
    Sampling,
    interpolate_clip,
    sample_key_frames,
    text_rows,
)
from training.vqvae.config import vqvae_folder
from training.vqvae.model import VQVAE, load_vqvae
from training.vqvae.tokenize_frames import decode
from training.world.dataset import DURATION_TEXTS
from training.world.subsets import subset_named

PROMPTS = (
    "a lion drinks water at the lake",
    "狮子在湖边喝水",
    "a zebra runs to the left on the grass",
    "a cow eats in the meadow",
    "a fox jumps in the forest",
    "一匹棕色的马在沙漠里向右跑",
    "a deer walks to the right in the snow",
    "a knight walks to the right at night",
    "巫师在秋天的树林里欢呼",
    "a t-rex walks toward the camera in the desert",
    "a blue triceratops runs to the left in the forest",
    "小丑鱼在水下向左游",
    "a dolphin swims to the right under water",
    "a yellow taxi drives to the right on the street",
    "一辆红色汽车在雪地里向左行驶",
    "a horse drinks at the lake",
)
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
LABEL_HEIGHT = 18  # pixels
MARGIN = 4  # pixels between pictures
SMALLEST_FRAME = 96  # smaller frames are enlarged


def load_font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with Chinese characters where one is installed."""
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, 13)
    return ImageFont.load_default()


def draw_rows(rows: list[np.ndarray], labels: list[str], columns: int = 1) -> Image.Image:
    """Rows of frames uint8 [N, P, P, 3], each under its label; `columns` rows side by side."""
    count, pixels = rows[0].shape[:2]
    width, height = count * (pixels + 1) + MARGIN, pixels + LABEL_HEIGHT + MARGIN
    lines = -(-len(rows) // columns)
    sheet = Image.new("RGB", (columns * width, lines * height), "white")
    pen, font = ImageDraw.Draw(sheet), load_font()
    for index, (frames, label) in enumerate(zip(rows, labels, strict=True)):
        left, top = index % columns * width, index // columns * height
        try:
            pen.text((left + 2, top), label, fill="black", font=font)
        except UnicodeEncodeError:  # the built-in font has Latin letters only
            pen.text((left + 2, top), f"prompt {index + 1}", fill="black", font=font)
        for place, frame in enumerate(frames):
            sheet.paste(Image.fromarray(frame), (left + place * (pixels + 1), top + LABEL_HEIGHT))
    return sheet


class Drawer:
    """A preset's models, ready to draw prompts."""

    def __init__(self, preset: str, sampling: Sampling) -> None:
        self.preset, self.sampling = preset_named(preset), sampling
        self.tokenizer = CaptionTokenizer.load(data_folder(preset) / "tokenizer.json")
        planner = planner_folder(preset) / "final.pt"
        self.planner = load_planner(planner) if self.preset.storyboard else None
        self.vqvae: VQVAE = load_vqvae(vqvae_folder(preset) / "final.pt")

    def rows(self, model: Transformer, rate: int, prompts: list[str]) -> Tensor:
        tokenizer = self.tokenizer
        duration = DURATION_TEXTS[rate]
        return text_rows(model, tokenizer.encode, tokenizer.line_break_id, duration, prompts)

    def key_frames(self, model: Transformer, prompts: list[str], seed: int) -> Tensor:
        """Tokens [len(prompts), 5, C] at one frame a second; prompt i has seed + i."""
        seeds = [seed + i for i in range(len(prompts))]
        texts = self.rows(model, 1, prompts)
        empty = self.rows(model, 1, [""] * len(prompts))
        opening = None
        if self.planner is not None:
            told = zip(prompts, seeds, strict=True)
            rows = [key_frame_opening(self.plan(model, *clip)) for clip in told]
            opening = torch.from_numpy(np.stack(rows)).long()
        return sample_key_frames(model, texts, empty, seeds, self.sampling, report_cells, opening)

    def plan(self, model: Transformer, prompt: str, seed: int) -> np.ndarray:
        """The storyboard of a prompt drawn with a seed, int32 [S]."""
        assert self.planner is not None
        pieces = self.tokenizer.encode(prompt)
        subset = subset_named(self.preset.subset)
        return plan_of(self.planner, model.config, subset, pieces, 1, seed)

    def clip(self, prompt: str, seed: int) -> Tensor:
        """Tokens [33, C] of a whole clip."""
        keys = load_transformer(newest(self.preset.name, "keyframes"))
        between = load_transformer(newest(self.preset.name, "interpolation"))
        texts = [
            (self.rows(between, rate, [prompt]), self.rows(between, rate, [""]))
            for rate in (2, 4, 8)
        ]
        frames = self.key_frames(keys, [prompt], seed)[0]
        openings = None
        if self.planner is not None:
            plan = self.plan(between, prompt, seed)
            openings = [torch.from_numpy(window_opening(plan, n)).long() for n in (1, 2, 3)]
        return interpolate_clip(between, frames, texts, seed, self.sampling, openings)

    def pixels(self, tokens: Tensor) -> np.ndarray:
        """Tokens [N, C] -> frames uint8 [N, side, side, 3], enlarged to be seen."""
        grid = self.preset.grid
        frames = decode(self.vqvae, tokens.view(-1, grid, grid).numpy())
        enlarge = max(1, SMALLEST_FRAME // self.preset.pixels)
        return frames.repeat(enlarge, axis=1).repeat(enlarge, axis=2)


def report_cells(done: int, total: int) -> None:
    if done % 144 == 0 or done == total:
        print(f"cell {done}/{total}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clip", metavar="PROMPT", help="one prompt's 33 frames instead")
    parser.add_argument("--checkpoint", type=Path, help="key-frame model; default: the newest")
    parser.add_argument("--prompts", type=int, default=len(PROMPTS), help="how many of the list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--top-k", type=int)
    arguments = parser.parse_args()
    preset = preset_named(arguments.preset)
    torch.set_num_threads(1)

    def chosen(name: str) -> float:
        value = getattr(arguments, name)
        return getattr(preset, name) if value is None else value

    sampling = Sampling(chosen("guidance"), chosen("temperature"), int(chosen("top_k")),
                        preset.guidance_floor)  # fmt: skip
    drawer = Drawer(preset.name, sampling)
    if arguments.clip:
        frames = drawer.pixels(drawer.clip(arguments.clip, arguments.seed))
        rows = [frames[i : i + 8] for i in range(0, 32, 8)]
        sheet = draw_rows(rows, [f"{arguments.clip} ({second} s)" for second in range(4)])
    else:
        model = load_transformer(arguments.checkpoint or newest(preset.name, "keyframes"))
        prompts = list(PROMPTS[: arguments.prompts])
        tokens = drawer.key_frames(model, prompts, arguments.seed)
        sheet = draw_rows([drawer.pixels(clip) for clip in tokens], prompts, columns=2)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(arguments.out)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
