"""Writes tests/fixtures/shards: `python -m training.tests.shard_fixture`.

Stage 2 of a random model in CogVideo's form, as 1, 2 and 4 shards of 4 bits with shared weights.
"""

import json
import shutil
import tempfile
from pathlib import Path

from training.cogvideo.convert import Conversion, convert
from training.cogvideo.release_settings import stage_config
from training.export.shard_plan import plan_shards
from training.tests.cogvideo_release import settings, write_release

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "shards"
COUNTS = (1, 2, 4)


def limit_for(count: int, bits: int) -> int:
    """Bytes that cut a random release into `count` shards."""
    config = stage_config(settings(2), 2).to_transformer()
    for limit in range(10_000, 1 << 20, 1000):
        try:
            shards = plan_shards(config, bits, limit)
        except ValueError:
            continue
        if len(shards) == count:
            return limit
    raise AssertionError(f"no limit makes {count} shards")


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        write_release(release)
        for count in COUNTS:
            out = Path(folder) / str(count)
            convert(Conversion(release, out, 4, limit_for(count, 4), partial=True))
            _keep_interpolation(out, FOLDER / str(count))


def _keep_interpolation(package: Path, to: Path) -> None:
    to.mkdir(parents=True)
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    graph = manifest["graphs"]["interpolation"]
    manifest["graphs"] = {"interpolation": graph}
    for file in (*graph["files"], *graph["weights"]):
        shutil.copyfile(package / file["path"], to / file["path"])
    (to / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
