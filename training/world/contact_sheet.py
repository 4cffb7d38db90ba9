"""Draws random clips with their captions, for looking at the world.

    python -m training.world.contact_sheet --out sheet.png --n 40 [--world full]

Shown are the key frames that a training sample could have, with the duration text before the
caption; `--rate` shows the whole clip instead. The file's ending decides the format.
"""

import argparse
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.world.atlas import World, load_world
from training.world.captions import caption
from training.world.composite import render
from training.world.dataset import DURATION_TEXTS, key_frame_times
from training.world.scene import CLIP_SECONDS, Scene, sample_scene
from training.world.subsets import SUBSETS, subset_named

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
_FONT_SIZE, _LINE_HEIGHT, _LINES = 12, 15, 2
_GAP = 4
_TRIES_PER_CLIP = 3000


@dataclass(frozen=True)
class Row:
    """One clip of a sheet."""

    scene: Scene
    times: list[float]  # of its frames, seconds
    text: str


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def load_font(file: Path | None = None) -> Font:
    """The font file, or one with Chinese glyphs when the system has one."""
    for path in (file,) if file else _FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, _FONT_SIZE)
    if file:
        raise FileNotFoundError(f"there is no font {file}")
    return ImageFont.load_default()


def _lines(text: str, width: int) -> str:
    """The text in lines of about `width` pixels; a Chinese character is as wide as two others."""
    letters = width // (_FONT_SIZE // 2)
    chinese = any(ord(letter) > 0x2E80 for letter in text[4:])
    return "\n".join(textwrap.wrap(text, letters // 2 if chinese else letters)[:_LINES])


def draw_sheet(
    rows: list[Row], world: World, columns: int = 2, font: Font | None = None
) -> Image.Image:
    """One clip per cell: its frames and the text below. All clips have as many frames."""
    frames_wide = max(len(row.times) for row in rows) * (world.pixels + 2)
    width = frames_wide + 2 * _GAP
    height = world.pixels + _LINES * _LINE_HEIGHT + _GAP
    lines = -(-len(rows) // columns)
    sheet = Image.new("RGB", (width * columns, height * lines), "white")
    draw, font = ImageDraw.Draw(sheet), font or load_font()
    for index, row in enumerate(rows):
        left, top = index % columns * width, index // columns * height
        frames, _ = render(row.scene, row.times, world)
        for column, frame in enumerate(frames):
            sheet.paste(Image.fromarray(frame), (left + column * (world.pixels + 2), top))
        text = _lines(row.text, frames_wide)
        draw.multiline_text((left, top + world.pixels), text, "black", font, spacing=1)
    return sheet


def sample_rows(
    count: int,
    seed: int,
    world: str = "cpu",
    subject: str | None = None,
    action: str | None = None,
    rate: int | None = None,
) -> list[Row]:
    """Random training scenes, of one subject or action if named, each with a caption.

    Frames are key frames of a training sample, or the whole clip at `rate` frames per second.
    """
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for _ in range(count * _TRIES_PER_CLIP):
        if len(rows) == count:
            break
        scene = sample_scene(rng, world=world)
        if subject not in (None, scene.subject) or action not in (None, scene.action):
            continue
        times, duration = key_frame_times(scene, rng)
        if rate is not None:
            times = [i / rate for i in range(int(CLIP_SECONDS * rate) + 1)]
            duration = DURATION_TEXTS[1]
        rows.append(Row(scene, times, f"{duration} {caption(scene, rng)}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, default=40, help="number of clips")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pixels", type=int, default=96)
    parser.add_argument("--world", choices=sorted(SUBSETS), default="cpu")
    parser.add_argument("--render", type=Path, help="folder or pack of the rendered world")
    parser.add_argument("--rate", type=int, help="show the whole clip at this frame rate")
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--font", type=Path, help="font file with Chinese glyphs")
    parser.add_argument("--subject")
    parser.add_argument("--action")
    options = parser.parse_args()
    subset = subset_named(options.world)
    for name, known in (("subject", subset.subjects), ("action", subset.actions)):
        if getattr(options, name) not in (None, *known):
            parser.error(f"--{name} must be one of {', '.join(known)}")
    rows = sample_rows(
        options.n, options.seed, options.world, options.subject, options.action, options.rate
    )
    if not rows:
        parser.error("that subject never does that action in training")
    world = load_world(options.pixels, options.render)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw_sheet(rows, world, options.columns, load_font(options.font)).save(options.out, quality=82)
    print(f"{len(rows)} clips in {options.out}")


if __name__ == "__main__":
    main()
