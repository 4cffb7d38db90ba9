"""Coloured shapes in the renderer's file format, for tests and the micro preset.

The real sprites need a browser and the 3D assets; these need neither.
`python -m training.world.synthetic --out training/data/render`
"""

import argparse
import colorsys
import json
import math
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from training.world.atlas import SCENE_PIXELS, World, load_world
from training.world.catalog import LAYOUTS, PLACES, SUBJECT_KINDS, SUBJECTS, Kind

_SCALE = 2
CELL = SCENE_PIXELS * _SCALE
ANCHOR = (96, 168)
_FRAMES = 8
_YAWS = ("right", "front")
FOOT_ROW = 80
_KIND_CLIPS: dict[Kind, tuple[str, ...]] = {
    "animal": ("idle", "walk", "run", "jump", "eat", "attack"),
    "person": ("idle", "walk", "run", "jump", "attack", "sit", "cheer"),
    "dinosaur": ("idle", "walk", "run", "jump", "attack"),
    "fish": ("swim",),
    "car": ("idle", "drive"),
}
_LOOPS = frozenset({"idle", "walk", "run", "swim", "drive", "cheer"})


def write_synthetic_render(folder: Path) -> None:
    """Write atlas.json, plates.json and their pictures to a folder."""
    subjects = {}
    for index, subject in enumerate(SUBJECTS):
        kind = SUBJECT_KINDS[subject]
        colour = _colour(index / len(SUBJECTS), 0.9)
        clips = {}
        for clip in _KIND_CLIPS[kind]:
            file = f"{subject}/{clip}.png"
            (folder / subject).mkdir(parents=True, exist_ok=True)
            _draw_clip(kind, clip, colour).save(folder / file)
            clips[clip] = {
                "file": file,
                "frames": _FRAMES,
                "seconds": 1.0,
                "loop": clip in _LOOPS,
                "yaws": list(_YAWS),
            }
        subjects[subject] = {"clips": clips}
    atlas = {"pixels": SCENE_PIXELS, "scale": _SCALE, "cell": CELL, "anchor": ANCHOR}
    (folder / "atlas.json").write_text(json.dumps({**atlas, "subjects": subjects}))
    places = {place: {"layouts": _draw_plates(folder, place)} for place in PLACES}
    (folder / "plates.json").write_text(json.dumps({"places": places}))


def synthetic_world(pixels: int = SCENE_PIXELS) -> World:
    """A world of coloured shapes, drawn in a temporary folder."""
    return load_world(pixels, _synthetic_folder())


@lru_cache(maxsize=1)
def _synthetic_folder() -> Path:
    return temporary_render(write_synthetic_render)


# Sprites are read when they are drawn, so the folders stay until the process ends.
_FOLDERS: list[tempfile.TemporaryDirectory] = []


def temporary_render(write: Callable[[Path], None]) -> Path:
    """A folder that lasts as long as the process, filled by `write`."""
    _FOLDERS.append(tempfile.TemporaryDirectory())
    folder = Path(_FOLDERS[-1].name)
    write(folder)
    return folder


def _colour(hue: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.75, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _draw_clip(kind: Kind, clip: str, colour: tuple[int, int, int]) -> Image.Image:
    sheet = Image.new("RGBA", (CELL * _FRAMES, CELL * len(_YAWS)))
    for row, yaw in enumerate(_YAWS):
        for frame in range(_FRAMES):
            cell = Image.new("RGBA", (CELL, CELL))
            _draw_body(ImageDraw.Draw(cell), kind, clip, yaw, frame / _FRAMES, colour)
            sheet.paste(cell, (frame * CELL, row * CELL))
    return sheet


def _draw_body(
    draw: ImageDraw.ImageDraw,
    kind: Kind,
    clip: str,
    yaw: str,
    phase: float,
    colour: tuple[int, int, int],
) -> None:
    """A body, a head that nods, and legs that swing; everything relative to the anchor."""
    x, y = ANCHOR
    half = 22 if kind == "person" or yaw == "front" else 48
    top = 100 if kind == "person" else 64
    swing = round(12 * math.sin(2 * math.pi * phase)) if clip in ("walk", "run") else 0
    lift = round(30 * math.sin(math.pi * phase)) if clip == "jump" else 0
    # Down between 0.2 and 0.7, as the heads of the real eating clips.
    low = 40 if clip == "eat" and 0.15 < phase < 0.8 else 0
    reach = 14 if clip == "attack" and 0.3 < phase < 0.7 else 0
    squat = 24 if clip == "sit" and phase > 0.4 else 0
    raised = 16 if clip == "cheer" and phase > 0.3 else 0
    y -= lift
    legs = () if kind == "fish" else (-half + 8, half - 16)
    for side, left in enumerate(legs):
        shift = swing if side else -swing
        draw.rectangle((x + left + shift, y - 30, x + left + 8 + shift, y - 1), fill="black")
    draw.ellipse((x - half, y - top + squat, x + half, y - 16 + squat // 2), fill=colour)
    head = x + (half - 6 if yaw == "right" else 0) + reach
    nose = y - top + 8 + low + squat - raised
    draw.ellipse((head - 14, nose - 14, head + 14, nose + 14), fill=colour, outline="black")


def _draw_plates(folder: Path, place: str) -> list[dict]:
    """Sky, ground and a landmark; at the lake also a pond at the left or right."""
    (folder / place).mkdir(parents=True, exist_ok=True)
    hue = PLACES.index(place) / len(PLACES)
    layouts = []
    for index in range(LAYOUTS):
        image = Image.new("RGB", (CELL, CELL), _colour((hue + 0.5) % 1, 1.0))
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 96, CELL, CELL), fill=_colour(hue, 0.7))
        draw.rectangle((20 + 40 * index, 50, 40 + 40 * index, 100), fill=_colour(hue, 0.4))
        layout: dict = {"file": f"{place}/{index}.png", "footRow": FOOT_ROW}
        if place == "lake":
            left = index % 2 == 0
            draw.ellipse((-80, 136, 80, 172) if left else (112, 136, 272, 172), fill="blue")
            layout |= {
                "passRow": 88,
                "drink": {"x": 36 if left else 60, "facing": "left" if left else "right"},
            }
        image.save(folder / layout["file"])
        layouts.append(layout)
    return layouts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    folder = parser.parse_args().out
    if (folder / "atlas.json").exists():
        raise SystemExit(f"{folder} already holds a rendered world; name another folder")
    write_synthetic_render(folder)
    print(f"coloured shapes in {folder}")


if __name__ == "__main__":
    main()
