"""Writes the model card into an existing package, without exporting its graphs again.

python -m training.export.add_card --package public/models/mini --evaluation evaluation.json

Adds or replaces the manifest's field `card` and MODEL_CARD.md. Figures and hardware of an earlier
card stay where nothing new is given.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from training.export.card import build_card
from training.export.card_figures import figures_of
from training.export.card_markdown import card_markdown
from training.presets import PRESETS, Preset, preset_named

MANIFEST_FILE = "manifest.json"
CARD_FILE = "MODEL_CARD.md"


def add_card(
    package: Path,
    evaluation: Path | None = None,
    hardware: str | None = None,
    preset: Preset | None = None,
) -> dict[str, Any]:
    """Replaces the card of `package` and returns the new manifest.

    FileNotFoundError or ValueError says what is wrong with package or evaluation.
    """
    manifest = _read_json(package / MANIFEST_FILE, "the package's manifest")
    preset = preset or _preset_of(manifest)
    earlier = manifest.get("card", {})
    figures, method = earlier.get("figures", ()), earlier.get("method")
    if evaluation is not None:
        figures, method = figures_of(_read_json(evaluation, "the evaluation"), manifest)
    hardware = hardware or earlier.get("cost", {}).get("hardware")
    manifest["card"] = build_card(preset, manifest["training"], hardware, figures, method)
    write_with_card(package, manifest)
    return manifest


def write_with_card(package: Path, manifest: dict[str, Any]) -> None:
    """Writes manifest.json and MODEL_CARD.md; each file is old or new, never half of it."""
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    for name, content in ((MANIFEST_FILE, text), (CARD_FILE, card_markdown(manifest))):
        unfinished = package / f"{name}.part"
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(package / name)


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no {path}, which should hold {what}.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} should hold {what}, but is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} should hold {what}, but is no JSON object.")
    return content


def _preset_of(manifest: dict[str, Any]) -> Preset:
    """The preset that the package was trained with, by its export command or its id."""
    named = re.search(r"--preset (\S+)", str(manifest.get("training", {}).get("command", "")))
    if named and named[1] in PRESETS:
        return PRESETS[named[1]]
    for preset in PRESETS.values():
        if preset.package == manifest.get("id"):
            return preset
    raise ValueError(
        f"It is not known which preset made the package {manifest.get('id')!r}; "
        f"name it with --preset ({', '.join(sorted(PRESETS))})."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True, help="folder of manifest.json")
    parser.add_argument("--evaluation", type=Path, help="JSON file of training.evaluate")
    parser.add_argument("--hardware", help="what the training ran on; default: as before")
    parser.add_argument("--preset", choices=sorted(PRESETS), help="default: of its command")
    arguments = parser.parse_args()
    preset = preset_named(arguments.preset) if arguments.preset else None
    try:
        manifest = add_card(arguments.package, arguments.evaluation, arguments.hardware, preset)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    print(f"{arguments.package / CARD_FILE}: {len(manifest['card']['figures'])} figures")


if __name__ == "__main__":
    main()
