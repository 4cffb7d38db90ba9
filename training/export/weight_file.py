"""A file of a package that is written in parts, and hashed as it is written."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from types import TracebackType

from training.export.manifest import file_entry


class WeightFile:
    """Appends to a new file. A full disk is an OSError that says so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._file = open(path, "xb")  # noqa: SIM115 - closed in __exit__

    def write(self, content: bytes) -> None:
        try:
            self._file.write(content)
        except OSError as error:
            raise full_disk(self.path, error) from error
        self._hash.update(content)
        self.bytes += len(content)

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, hexadecimal."""
        return self._hash.hexdigest()

    def entry(self) -> dict:
        """What the manifest says of the file."""
        return {**file_entry(self.path.name, b""), "bytes": self.bytes, "sha256": self.digest}

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError as late:
            raise full_disk(self.path, late) from late


def full_disk(path: Path, error: OSError) -> OSError:
    """`error`, or an explanation of it where the disk is full."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return OSError(error.errno, "the disk is full: free space or choose another folder", str(path))
