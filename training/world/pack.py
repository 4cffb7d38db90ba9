"""Packs a rendered world into one small file for a machine without Node and Chromium.

    python -m training.world.pack --render DIR --out training/data/render.pack

Pictures become lossless WebP. `load_world` reads the file as it reads the folder, to the pixel.
"""

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.world.render_files import RenderFiles

JSON_FILES = ("atlas.json", "plates.json")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same world makes the same bytes


def picture_names(value: Any) -> Iterator[str]:
    """Every picture that a part of atlas.json or plates.json names."""
    if isinstance(value, str):
        if value.endswith(".png"):
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from picture_names(part)


def with_packed_names(value: Any) -> Any:
    """The same JSON with the names that the pictures have in the pack."""
    if isinstance(value, str):
        return f"{value[:-4]}.webp" if value.endswith(".png") else value
    if isinstance(value, dict):
        return {key: with_packed_names(part) for key, part in value.items()}
    return [with_packed_names(part) for part in value] if isinstance(value, list) else value


def write_pack(render: Path, out: Path) -> int:
    """Packs the folder `render`; returns the pack's size in bytes. Colours of wholly transparent
    pixels are not kept: nothing draws them."""
    files = RenderFiles(render)
    for name in JSON_FILES:
        if not files.has(name):
            raise FileNotFoundError(f"{render} holds no {name}: it is not a rendered world")
    contents = {name: files.json(name) for name in JSON_FILES}
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            _add(archive, name, json.dumps(with_packed_names(content)).encode())
        for picture in dict.fromkeys(picture_names(list(contents.values()))):
            _add(archive, with_packed_names(picture), _webp(files, picture))
    unfinished.replace(out)
    return out.stat().st_size


def _webp(files: RenderFiles, picture: str) -> bytes:
    content = io.BytesIO()
    files.image(picture).save(content, "WEBP", lossless=True, quality=100, method=4)
    return content.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
    archive.writestr(entry, content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--render", type=Path, required=True, help="folder of the renderer")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        size = write_pack(arguments.render, arguments.out)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    print(f"{arguments.out}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
