"""Where a rendered world is read from: the renderer's folder, or the one file that packs it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image


class RenderFiles:
    """The atlas, the plates and their pictures, by the names that atlas.json and plates.json use.

    Packs are written by training.world.pack: a zip of the two JSON files and lossless WebP.
    """

    def __init__(self, source: Path) -> None:
        self.source = source
        self._archive: zipfile.ZipFile | None = None
        if source.is_file():
            if not zipfile.is_zipfile(source):
                raise ValueError(f"{source} is no packed world; write one with training.world.pack")
            self._archive = zipfile.ZipFile(source)

    def read(self, name: str) -> bytes:
        """The content of one file; FileNotFoundError when it is not there."""
        if self._archive is None:
            return (self.source / name).read_bytes()
        try:
            return self._archive.read(name)
        except KeyError:
            raise FileNotFoundError(f"{self.source} holds no {name}") from None

    def has(self, name: str) -> bool:
        if self._archive is None:
            return (self.source / name).exists()
        return name in self._archive.namelist()

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def image(self, name: str) -> Image.Image:
        return Image.open(io.BytesIO(self.read(name)))
