"""Trains the evaluator of a world and caches it; a cached one is trained further.

python -m training.evaluation.train_evaluator [--minutes 20] [--subset full]
"""

from __future__ import annotations

import argparse
import sys

import torch

from training.evaluation.evaluator import evaluator_path
from training.evaluation.evaluator_training import train_evaluator
from training.evaluation.network import NetworkConfig
from training.evaluation.worlds import WORLDS, world_named
from training.world.subsets import SUBSETS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0, help="of one thread")
    parser.add_argument("--world", choices=WORLDS, default="rendered")
    parser.add_argument("--subset", choices=sorted(SUBSETS), default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        world = world_named(arguments.world, NetworkConfig().pixels)
    except FileNotFoundError as error:
        sys.exit(str(error))
    evaluator = train_evaluator(world, NetworkConfig(), arguments.minutes, subset=arguments.subset)
    for split, found in evaluator.accuracies.items():
        figures = [f"{field} {figure['share']:.1%}" for field, figure in found.items()]
        print(f"fresh renders, {split} pairs (n = {found['subject']['n']}): {', '.join(figures)}")
    print(f"evaluator {evaluator.key}: {evaluator_path(evaluator.key)}")


if __name__ == "__main__":
    main()
