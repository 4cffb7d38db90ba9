"""Draws random clips with their captions, for looking at the world.

`python -m training.world.contact_sheet --out sheet.png --n 40`
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.world.atlas import World, load_world
from training.world.captions import caption
from training.world.catalog import ACTIONS, SUBJECTS
from training.world.composite import render
from training.world.dataset import DURATION_TEXTS, window_times
from training.world.scene import CLIP_SECONDS, Scene, sample_scene

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
_TEXT_HEIGHT = 18
_GAP = 4


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with Chinese glyphs when the system has one."""
    for path in _FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, 13)
    return ImageFont.load_default()


def draw_sheet(
    rows: list[tuple[Scene, str]], world: World, rate: int = 1, columns: int = 2
) -> Image.Image:
    """One clip per cell: its frames at `rate` fps over the whole clip and the text below."""
    times = window_times(0.0, 1) if rate == 1 else np.arange(CLIP_SECONDS * rate + 1) / rate
    width = len(times) * (world.pixels + 2) + _GAP
    height = world.pixels + _TEXT_HEIGHT + _GAP
    lines = -(-len(rows) // columns)
    sheet = Image.new("RGB", (width * columns, height * lines), "white")
    draw, font = ImageDraw.Draw(sheet), _font()
    for index, (scene, text) in enumerate(rows):
        left, top = index % columns * width, index // columns * height
        frames, _ = render(scene, times, world)
        for column, frame in enumerate(frames):
            place = (left + column * (world.pixels + 2), top)
            sheet.paste(Image.fromarray(frame), place)
        draw.text((left + 2, top + world.pixels), text, fill="black", font=font)
    return sheet


def sample_rows(
    count: int, seed: int, subject: str | None = None, action: str | None = None
) -> list[tuple[Scene, str]]:
    """Random training scenes, of one subject or action if named, each with a caption."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Scene, str]] = []
    for _ in range(count * 2000):
        if len(rows) == count:
            break
        scene = sample_scene(rng)
        if subject in (None, scene.subject) and action in (None, scene.action):
            rows.append((scene, f"{DURATION_TEXTS[1]} {caption(scene, rng)}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, default=40, help="number of clips")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pixels", type=int, default=96)
    parser.add_argument("--rate", type=int, default=1, help="frames per second shown")
    parser.add_argument("--subject", choices=SUBJECTS)
    parser.add_argument("--action", choices=ACTIONS)
    options = parser.parse_args()
    rows = sample_rows(options.n, options.seed, options.subject, options.action)
    world = load_world(options.pixels)
    columns = 2 if options.rate == 1 else 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw_sheet(rows, world, options.rate, columns).save(options.out)
    print(f"{len(rows)} clips in {options.out}")


if __name__ == "__main__":
    main()
