"""Builds a token set: scenes are drawn, rendered at a window's five times and tokenised.

    python -m training.transformer.token_data --preset cpu --kind key [--clips N] [--processes 2]

Clip i of a split depends on (split, i) only, so more clips extend a set without changing it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from training.common.distributed import Process, default_processes, launch
from training.common.progress import format_seconds
from training.common.workers import in_order
from training.presets import PRESETS, Preset, data_folder, preset_named
from training.transformer.config import FRAMES, Kind
from training.transformer.tokens import TokenSet, join, token_file
from training.vqvae.config import vqvae_folder
from training.vqvae.model import VQVAE, load_vqvae
from training.vqvae.tokenize_frames import encode
from training.world.atlas import World, load_world
from training.world.composite import render, render_medley
from training.world.dataset import interpolation_times, key_frame_times
from training.world.medley import (
    Moment,
    can_be_medley,
    can_face,
    draw_course,
    draw_front_views,
    draw_moments,
    facing,
)
from training.world.scene import Scene, sample_guest_scene, sample_scene

Window = tuple[Scene, list[float], str]
CLIPS_AT_ONCE = 16
SPLITS = ("train", "validation")
GUESTS = "guests"  # clips of subjects that are trained with but not labelled
HELD_OUT = "heldout"  # further clips, of pairs that no split of a token set has: to measure with
MEDLEYS = "medleys"  # clips in which some frames show another action (training.world.medley)
FRONT_VIEWS = "front-views"  # clips of who faces the viewer, near and far (the same)
_NUMBERED = (*SPLITS, HELD_OUT, GUESTS, MEDLEYS, FRONT_VIEWS)
WITHOUT_ACTION = (MEDLEYS, FRONT_VIEWS)  # their scenes do not tell what every frame shows
_SHARE_OF_GUESTS = 1 / 3  # in these


def preset_world(preset: Preset) -> World:
    """The rendered world, or the preset's own synthetic one, in the preset's frame size."""
    folder = data_folder(preset.name) / "render" if preset.world == "synthetic" else None
    return load_world(preset.pixels, folder)


def draw_window(kind: Kind, split: str, index: int, subset: str = "cpu") -> Window:
    """Scene, the five times in seconds and the duration text of one clip."""
    rng = np.random.default_rng(_seed_of(kind, split, index))
    if split == MEDLEYS:
        scene = _scene_that(can_be_medley, rng)
    elif split == FRONT_VIEWS:
        scene = facing(_scene_that(can_face, rng))
    elif split == GUESTS:
        scene = sample_guest_scene(rng)
    else:
        scene = sample_scene(rng, HELD_OUT if split == HELD_OUT else "train", subset)
    choose = key_frame_times if kind == "key" else interpolation_times
    times, duration = choose(scene, rng)
    return scene, list(times), duration


def moments_of(kind: Kind, split: str, index: int, window: Window) -> list[Moment]:
    """What every frame of a clip shows: its own scene, or another one (`WITHOUT_ACTION`)."""
    scene, times, _ = window
    if split not in WITHOUT_ACTION:
        return [Moment(scene, time) for time in times]
    rng = np.random.default_rng([*_seed_of(kind, split, index), 1])
    if split == FRONT_VIEWS:
        return draw_front_views(scene, times, rng)
    draw = draw_moments if kind == "key" else draw_course
    return draw(scene, times, rng)


def _seed_of(kind: Kind, split: str, index: int) -> list[int]:
    return [_NUMBERED.index(split), 0 if kind == "key" else 1, index]


def _scene_that(fits: Callable[[Scene], bool], rng: np.random.Generator) -> Scene:
    while True:
        guest = rng.random() < _SHARE_OF_GUESTS
        scene = sample_guest_scene(rng) if guest else sample_scene(rng)
        if fits(scene):
            return scene


def build_part(
    kind: Kind,
    split: str,
    indices: range,
    world: World,
    vqvae: VQVAE,
    report: bool = False,
    workers: int = 0,
    subset: str = "cpu",
) -> TokenSet:
    """The clips `indices` of a split; `report` prints progress and the time left.

    `workers` host processes draw ahead of the tokenizer.
    """

    def draw(first: int) -> tuple[Tensor, list[Window]]:
        chosen = indices[first : first + CLIPS_AT_ONCE]
        windows = [draw_window(kind, split, i, subset) for i in chosen]
        clips = [frames_of(i, window) for i, window in zip(chosen, windows, strict=True)]
        return torch.from_numpy(np.concatenate(clips)), windows

    def frames_of(index: int, window: Window) -> np.ndarray:
        scene, times, _ = window
        if split not in WITHOUT_ACTION:
            return render(scene, times, world)[0]
        return render_medley(scene, times, moments_of(kind, split, index, window), world)[0]

    tokens: list[np.ndarray] = []
    scenes: list[Scene] = []
    durations: list[str] = []
    started = printed = time.monotonic()
    starts = range(0, len(indices), CLIPS_AT_ONCE)
    for frames, windows in in_order(draw, starts, workers):
        found = encode(vqvae, frames.numpy())
        tokens.append(found.reshape(len(windows), FRAMES, -1))
        scenes += [scene for scene, _, _ in windows]
        durations += [duration for _, _, duration in windows]
        now = time.monotonic()
        if report and (now - printed > 15 or len(scenes) == len(indices)):
            printed, rate = now, len(scenes) / (now - started)
            left = format_seconds((len(indices) - len(scenes)) / rate)
            print(f"{split} {len(scenes)}/{len(indices)} clips, {rate:.0f}/s, {left} left",
                  flush=True)  # fmt: skip
    return TokenSet(np.concatenate(tokens), scenes, durations)


def build(
    process: Process,
    preset: Preset,
    kind: Kind,
    counts: dict[str, int],
    vqvae_file: Path,
    workers: int = 0,
) -> None:
    """Every process builds an equal share of each split; the last to finish joins the parts.

    counts: clips of every split that is built.
    """
    world, vqvae = preset_world(preset), load_vqvae(vqvae_file).to(process.device)
    for split, count in counts.items():
        share = range(process.rank, count, process.count)
        part = build_part(kind, split, share, world, vqvae, process.is_main, workers, preset.subset)
        out = token_file(preset.name, kind, split)
        part.save(_part_file(out, process.rank))
    if process.count > 1:
        torch.distributed.barrier()
    if process.is_main:
        for split in counts:
            _join_parts(token_file(preset.name, kind, split), process.count)


def _part_file(out: Path, rank: int) -> Path:
    return out.with_name(f"{out.stem}.part{rank}.npz")


def _join_parts(out: Path, count: int) -> None:
    parts = [TokenSet.load(_part_file(out, rank)) for rank in range(count)]
    joined = join(parts)
    # Process r holds clips r, r + count, ...; put them back in order.
    order = np.argsort(np.concatenate(
        [np.arange(len(part)) * count + rank for rank, part in enumerate(parts)]
    ))  # fmt: skip
    TokenSet(
        joined.tokens[order],
        [joined.scenes[i] for i in order],
        [joined.durations[i] for i in order],
    ).save(out)
    for rank in range(count):
        os.remove(_part_file(out, rank))
    changed = (joined.tokens[:, 1:] != joined.tokens[:, :-1]).mean()
    used = len(np.unique(joined.tokens))
    print(f"{out}: {len(joined)} clips, {used} codes used, {changed:.1%} of tokens differ from the "
          "previous frame", flush=True)  # fmt: skip


def _counts(preset: Preset, arguments: argparse.Namespace) -> dict[str, int]:
    """Clips of every split that is asked for; ValueError if the preset trains with none of them."""
    kind, clips = arguments.kind, arguments.clips
    further = {
        GUESTS: (arguments.guests, preset.guest_clips),
        MEDLEYS: (arguments.medleys, preset.medley_clips),
        FRONT_VIEWS: (arguments.front_views, preset.front_views),
    }
    for split, (asked, of_preset) in further.items():
        if asked and not (count := of_preset(kind)):
            raise ValueError(f"the preset {preset.name} trains with no {split} of kind {kind}")
        if asked:
            return {split: clips or count}
    return {"train": clips or preset.clips(kind), "validation": preset.validation_clips}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--kind", choices=("key", "interpolation"), required=True)
    parser.add_argument("--clips", type=int, help="training clips; default: the preset's")
    further = parser.add_mutually_exclusive_group()
    further.add_argument("--guests", action="store_true", help="only the clips of guests")
    further.add_argument("--medleys", action="store_true", help="only medleys")
    further.add_argument("--front-views", action="store_true", help="only front views")
    parser.add_argument("--processes", type=int, default=default_processes())
    parser.add_argument("--workers", type=int, default=0, help="host processes that draw")
    parser.add_argument("--vqvae", type=Path, help="default: the preset's final VQVAE")
    arguments = parser.parse_args()
    preset = preset_named(arguments.preset)
    try:
        counts = _counts(preset, arguments)
    except ValueError as error:
        parser.error(str(error))
    vqvae_file = arguments.vqvae or vqvae_folder(preset.name) / "final.pt"
    launch(
        build,
        arguments.processes,
        (preset, arguments.kind, counts, vqvae_file, arguments.workers),
    )


if __name__ == "__main__":
    main()
