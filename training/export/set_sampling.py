"""Changes how a package asks to be drawn, without exporting it again:

    python -m training.export.set_sampling --package public/models/mini --version 0.11.0 \
        keyFrameLag=36 interpolationPasses=

Weights and graphs stay as they are. A field without a value is taken out. The app refuses what does
not fit the package when it opens it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from training.export.add_card import MANIFEST_FILE, write_with_card

_CHANGE = re.compile(r"([A-Za-z]+)=(.*)")
_NESTED = ("clusters", "firstFrame")
"""What has fields of its own, and belongs to the graphs."""


def set_sampling(package: Path, changes: list[str], version: str) -> dict[str, Any]:
    """Writes the manifest with other sampling fields, and the card that tells its version.

    Returns the fields.

    changes: "field=value", a number or a word, or "field=" to take it out.

    FileNotFoundError if there is no manifest; ValueError for what is no change, and for the version
    that the package has already: clips and figures name it.
    """
    path = package / MANIFEST_FILE
    if not path.exists():
        raise FileNotFoundError(f"{package} has no {MANIFEST_FILE}: it is no model package.")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest["version"] == version:
        raise ValueError(f"{package} is version {version} already: name the next one.")
    sampling = dict(manifest["sampling"])
    for change in changes:
        found = _CHANGE.fullmatch(change)
        if found is None or found[1] in _NESTED:
            raise ValueError(f"{change!r} is no change of a field: write it as candidates=4.")
        name, value = found.groups()
        if value:
            sampling[name] = _value(value)
        else:
            sampling.pop(name, None)
    manifest |= {"sampling": sampling, "version": version}
    if "card" not in manifest:  # packages of before have none
        raise ValueError(f"{package} has no card: add one with training.export.add_card.")
    write_with_card(package, manifest)
    return sampling


def _value(text: str) -> float | int | str:
    """A number as JSON has it, or the word itself."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--version", required=True, help="of the package from now on")
    parser.add_argument("changes", nargs="+", metavar="FIELD=VALUE")
    arguments = parser.parse_args()
    try:
        sampling = set_sampling(arguments.package, arguments.changes, arguments.version)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    print(json.dumps(sampling, indent=2))


if __name__ == "__main__":
    main()
