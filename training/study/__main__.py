"""Repeats the paper's comparisons with small models:

    python -m training.study --out DIR [--minutes-per-run M] [--seeds 2]

Every finished part is kept in DIR, so the same command goes on after an interruption and more
seeds add to what is there. It ends with DIR/study.md and DIR/study.json; both are also renewed
after every row, so that a part of the table can be read before the end.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from training.evaluation.evaluator import Evaluator
from training.evaluation.network import NetworkConfig
from training.evaluation.worlds import WORLDS, world_named
from training.study.report import write_report
from training.study.settings import Settings, read_settings
from training.study.study import Study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    defaults = Settings()
    parser.add_argument("--out", type=Path, required=True, help="folder of this study")
    parser.add_argument("--minutes-per-run", type=float, default=defaults.minutes)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--prompts", type=int, default=defaults.prompts)
    parser.add_argument("--clips", type=int, default=defaults.train_clips, help="trained on")
    parser.add_argument("--vqvae-steps", type=int, default=defaults.vqvae_steps)
    parser.add_argument("--table-only", action="store_true", help="of what DIR holds already")
    parser.add_argument("--world", choices=WORLDS, default="rendered")
    options = parser.parse_args()
    if options.seeds < 1 or options.prompts < 4 or options.minutes_per_run <= 0:
        parser.error("give at least 1 seed, 4 prompts and more than 0 minutes per run")
    settings = replace(
        defaults,
        minutes=options.minutes_per_run,
        prompts=options.prompts,
        train_clips=options.clips,
        vqvae_steps=options.vqvae_steps,
    )
    if options.table_only:
        if not (options.out / "settings.json").exists():
            sys.exit(f"{options.out} holds no study yet")
        write_report(options.out, read_settings(options.out), range(options.seeds))
        return
    torch.set_num_threads(1)
    try:
        world = world_named(options.world, settings.pixels)
        evaluator = Evaluator.load_or_train(world_named(options.world, NetworkConfig().pixels))
        study = Study(options.out, settings, world, evaluator)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    study.run(range(options.seeds))


if __name__ == "__main__":
    main()
