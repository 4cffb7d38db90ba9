"""Measures a model package through its exported graphs, with the product's own settings.

python -m training.evaluate --package public/models/mini --json evaluation.json [--n 100]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch

from training.common.progress import format_seconds
from training.evaluation.clip_sampler import (
    MOST_CANDIDATES,
    MOST_PASSES,
    MOST_ROUNDS,
    ClipSampler,
    Settings,
)
from training.evaluation.drawn_clips import DrawnClips
from training.evaluation.evaluation import evaluate
from training.evaluation.evaluator import Evaluator
from training.evaluation.labels import label_set
from training.evaluation.network import NetworkConfig
from training.evaluation.package import PackageError, open_package
from training.evaluation.prompts import PromptFileError, default_prompts, read_prompts
from training.evaluation.report import report_json, report_tables
from training.evaluation.verdict_sheet import verdict_sheet
from training.evaluation.worlds import WORLDS, world_named
from training.world.subsets import SUBSETS


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--json", type=Path, required=True, help="the report is written here")
    parser.add_argument("--prompts", type=Path, help="JSON or CSV of labelled prompts")
    parser.add_argument("--n", type=int, default=100, help="clips, where no prompts are given")
    parser.add_argument("--seed", type=int, default=0, help="of scenes, captions and clips")
    parser.add_argument("--rounds", type=int, help="interpolation rounds; default: all")
    parser.add_argument("--key-frames-only", action="store_true", help="the same as --rounds 0")
    parser.add_argument("--guidance", type=float, help="instead of the manifest's")
    parser.add_argument("--temperature", type=float, help="instead of the manifest's")
    parser.add_argument("--top-k", type=int, help="instead of the manifest's")
    parser.add_argument("--candidates", type=int, help="key frames drawn for each clip, instead "
                        "of the manifest's")  # fmt: skip
    parser.add_argument(
        "--key-frame-passes",
        type=int,
        default=0,
        help="in which key frames are "
        "drawn as masked cells, as on WebGPU; 0, as on WASM: cell by cell",
    )
    parser.add_argument("--passes", type=int, default=0, help="in which the frames between are "
                        "drawn; 0 = cell by cell")  # fmt: skip
    parser.add_argument("--pass-rounds", type=int, default=MOST_ROUNDS, help="rounds that are "
                        "drawn so, from the first; WASM draws 1; default: all")  # fmt: skip
    parser.add_argument("--key-frame-lag", type=int, default=0, help="cells by which each "
                        "key frame follows the one before, as on WebGPU; 0 = whole")  # fmt: skip
    parser.add_argument("--rate-clips", type=int, default=32, help="of the rate test; 0 = none")
    parser.add_argument("--keep", type=Path, help="folder of drawn tokens, which a next run uses")
    parser.add_argument("--sheet", type=Path, help="PNG of the clips with what was seen wrongly")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--world", choices=WORLDS, default="rendered")
    parser.add_argument("--subset", choices=sorted(SUBSETS), default="cpu",
                        help="the part of the world that the package was trained on")  # fmt: skip
    parser.add_argument("--evaluator-minutes", type=float, default=20.0,
                        help="of training, where no evaluator of this world is cached")  # fmt: skip
    return parser.parse_args(arguments)


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    try:
        report = run_evaluation(arguments)
    except (PackageError, PromptFileError, FileNotFoundError, ValueError) as error:
        sys.exit(f"evaluate: {error}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"\n{report_tables(report)}\n\nreport: {arguments.json}")


def run_evaluation(arguments: argparse.Namespace) -> dict:
    """The report; everything that can be wrong with the input is checked before any drawing."""
    started = time.monotonic()
    package = open_package(arguments.package, arguments.threads)
    manifest = package.manifest
    most = manifest["maxRounds"]
    rounds = 0 if arguments.key_frames_only else arguments.rounds
    rounds = most if rounds is None else rounds
    if not 0 <= rounds <= most:
        raise ValueError(f"--rounds must be 0 to {most} for this package, not {rounds}")
    if arguments.prompts:
        prompts = read_prompts(arguments.prompts, label_set(arguments.subset), arguments.seed)
    else:
        prompts = default_prompts(arguments.n, arguments.seed, arguments.subset)
    settings = Settings.of_manifest(
        manifest,
        guidance=arguments.guidance,
        temperature=arguments.temperature,
        top_k=arguments.top_k,
        candidates=arguments.candidates,
        key_frame_passes=arguments.key_frame_passes,
        interpolation_passes=arguments.passes,
        pass_rounds=arguments.pass_rounds,
        key_frame_lag=arguments.key_frame_lag,
    )
    for name in ("key_frame_passes", "passes"):
        if not 0 <= (count := getattr(arguments, name)) <= MOST_PASSES:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} must be 0 to {MOST_PASSES}, not {count}")
    if not 0 <= settings.pass_rounds <= MOST_ROUNDS:
        raise ValueError(f"--pass-rounds must be 0 to {MOST_ROUNDS}, not {settings.pass_rounds}")
    most_lag = manifest["grid"] ** 2
    if not 0 <= settings.key_frame_lag <= most_lag:
        raise ValueError(f"--key-frame-lag must be 0 to {most_lag}, not {settings.key_frame_lag}")
    if not 1 <= settings.candidates <= MOST_CANDIDATES:
        raise ValueError(f"--candidates must be 1 to {MOST_CANDIDATES}, not {settings.candidates}")
    evaluator = Evaluator.load_or_train(
        world_named(arguments.world, NetworkConfig().pixels),
        arguments.evaluator_minutes,
        arguments.subset,
    )

    def progress(text: str) -> None:
        print(f"{format_seconds(time.monotonic() - started)} {text}", flush=True)

    drawn = DrawnClips(arguments.keep) if arguments.keep else None
    sampler = ClipSampler(package, settings, report=progress, drawn=drawn)
    world = world_named(arguments.world, manifest["pixels"])
    found = evaluate(evaluator, sampler, world, prompts, rounds, arguments.rate_clips)
    if arguments.sheet:
        arguments.sheet.parent.mkdir(parents=True, exist_ok=True)
        verdict_sheet(package, found).save(arguments.sheet)
    run = {
        "prompts": arguments.prompts.name if arguments.prompts else "default",
        "subset": arguments.subset,
        "clips": len(prompts),
        "seed": arguments.seed,
        "rounds": rounds,
        "rateClips": arguments.rate_clips,
        "seconds": round(time.monotonic() - started),
    }
    return report_json(found, evaluator, package, settings, run)


if __name__ == "__main__":
    main()
