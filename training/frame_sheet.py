"""Lays the frames of generated clips out on one sheet, to be looked at.

    npm run generate -- --prompts prompts.txt --out clips --frames frames
    python -m training.frame_sheet --clips clips --frames frames --every 8 --out sheet.png

`--every 8` of 33 frames shows the key frames, `--every 1` the whole clip, wrapped into lines.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from training.transformer.sheet import draw_rows


def read_frames(folder: Path, every: int) -> np.ndarray:
    """Every n-th PNG of a folder, in the order of their names: uint8 [N, P, P, 3]."""
    files = sorted(folder.glob("*.png"))[::every]
    if not files:
        raise SystemExit(f"{folder} holds no PNG frames; give --frames to npm run generate.")
    return np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])


def read_clips(clips: Path, frames: Path, every: int) -> list[tuple[str, np.ndarray]]:
    """(label, frames) of every clip that clips.json names."""
    drawn = json.loads((clips / "clips.json").read_text(encoding="utf-8"))["clips"]
    if any("framesFolder" not in clip for clip in drawn):
        raise SystemExit(f"{clips} was drawn without frames; give --frames to npm run generate.")
    return [
        (
            f"{clip['prompt']}  ·  seed {clip['seed']}",
            read_frames(frames / Path(clip["framesFolder"]).name, every),
        )
        for clip in drawn
    ]


def wrap(label: str, frames: np.ndarray, length: int) -> list[tuple[str, np.ndarray]]:
    """Lines of at most `length` frames; the last one is filled up with white."""
    lines = []
    for first in range(0, len(frames), length):
        line = frames[first : first + length]
        missing = min(length, len(frames)) - len(line)
        white = np.full((missing, *frames.shape[1:]), 255, np.uint8)
        lines.append((label if first == 0 else "", np.concatenate([line, white])))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True, help="--out of npm run generate")
    parser.add_argument("--frames", type=Path, required=True, help="--frames of npm run generate")
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--line", type=int, default=11, help="frames in a line")
    parser.add_argument("--columns", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    clips = read_clips(options.clips, options.frames, options.every)
    lines = [line for label, frames in clips for line in wrap(label, frames, options.line)]
    sheet = draw_rows([frames for _, frames in lines], [label for label, _ in lines],
                      options.columns)  # fmt: skip
    sheet.save(options.out)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
