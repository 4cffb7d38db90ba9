"""Writes a preset's model package: `python -m training.export_onnx --preset cpu [--out DIR]`."""

import argparse
import subprocess
import sys
from pathlib import Path

from training.export.add_card import add_card
from training.export.checkpoints import load_parts, untrained_parts
from training.export.package import write_package
from training.presets import PRESETS, data_folder, preset_named
from training.text.caption_tokenizer import CaptionTokenizer

ROOT = Path(__file__).parent.parent
DEFAULT_FOLDERS = {
    preset.name: ROOT / "public" / "models" / preset.package for preset in PRESETS.values()
} | {
    "micro": ROOT / "tests" / "fixtures" / "models" / "micro",
    "gpu-rehearsal": data_folder("gpu-rehearsal") / "package",
}


def code_commit() -> str:
    """The commit that the working tree is at, marked when it was changed since."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "training")
        return git("rev-parse", "HEAD") + (" with changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--out", type=Path, help="default: where the app or the tests look")
    parser.add_argument(
        "--untrained", action="store_true", help="random weights (the tokenizer must exist)"
    )
    parser.add_argument(
        "--evaluation", type=Path, help="figures of exactly this package, for its model card"
    )
    parser.add_argument("--hardware", help="what it was trained on; default: this machine")
    arguments = parser.parse_args()
    preset = preset_named(arguments.preset)
    out = arguments.out or DEFAULT_FOLDERS[preset.name]
    command = f"python -m training.export_onnx --preset {preset.name}"
    try:
        if arguments.untrained:
            tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
            parts, command = untrained_parts(preset, tokenizer), f"{command} --untrained"
        else:
            parts = load_parts(preset)
        size = write_package(parts, out, code_commit(), command, arguments.hardware)
        if arguments.evaluation:
            add_card(out, arguments.evaluation)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    print(f"{out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
