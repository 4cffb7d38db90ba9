"""Compares an exported package with torch: `python -m training.verify_export --preset cpu`.

Exits with an error if a difference is too large. For the micro package it also writes the golden
files of the TypeScript parity tests (--golden DIR does so for any package) and their ranker.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from training.export.checkpoints import TrainedParts, load_parts, untrained_parts
from training.export.comparison import compare, round_parts
from training.export.golden import write_golden
from training.export.ranker_fixture import FOLDER as RANKER_FIXTURE
from training.export.ranker_fixture import write_ranker_fixture
from training.export_onnx import DEFAULT_FOLDERS, ROOT
from training.presets import PRESETS, Preset, data_folder, preset_named
from training.text.caption_tokenizer import CaptionTokenizer

GOLDEN = ROOT / "tests" / "parity" / "golden"


def parts_of(preset: Preset, package: Path) -> TrainedParts:
    """The torch models that `package` was exported from."""
    path = package / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}; run python -m training.export_onnx first.")
    training = json.loads(path.read_text(encoding="utf-8"))["training"]
    if training["command"].endswith("--untrained"):
        tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
        return untrained_parts(preset, tokenizer)
    return load_parts(preset)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--package", type=Path, help="default: where the exporter writes")
    parser.add_argument("--golden", type=Path, help="folder for golden files")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # several threads wait for each other where anything else runs
    preset = preset_named(arguments.preset)
    package = arguments.package or DEFAULT_FOLDERS[preset.name]
    try:
        parts = parts_of(preset, package)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    round_parts(parts)
    failed = False
    for difference in compare(parts, package):
        print(difference, flush=True)
        failed |= not difference.passes
    if failed:
        sys.exit("The package does not compute what the torch models compute.")
    golden = arguments.golden or (GOLDEN if preset.name == "micro" else None)
    if golden:
        write_golden(parts, package, golden)
        print(f"golden files: {golden}")
    if preset.name == "micro" and not (arguments.golden or arguments.package):
        write_ranker_fixture()
        print(f"ranker of the tests: {RANKER_FIXTURE}")


if __name__ == "__main__":
    main()
