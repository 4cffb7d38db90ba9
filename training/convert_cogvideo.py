"""CogVideo's released files as a model package:

python -m training.convert_cogvideo SOURCE OUT [--bits 4|8|16|32] [--as-released]

SOURCE holds the unpacked cogvideo-stage1 and cogvideo-stage2, ice_text.model and ice_image.pt; for
super-resolution also cogview2-dsr and cluster_label2.npy of CogVideo's code. Read The CogVideo
License before you pass a package on: its restrictions hold for converted weights too.
"""

import argparse
import sys
from pathlib import Path

from training.cogvideo.convert import Conversion, convert
from training.export.shard_plan import SHARD_LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path, help="folder of the package; its name becomes the id")
    parser.add_argument(
        "--bits", type=int, choices=(4, 8, 16, 32), default=4,
        help="of large weights; 4 and 8 in blocks of 32 with a scale, 16 as released; default: 4",
    )  # fmt: skip
    parser.add_argument(
        "--shard-bytes", type=int, default=SHARD_LIMIT, help="largest file; default: 1.9e9"
    )
    parser.add_argument(
        "--as-released", action="store_true",
        help="keep the release's wrapped windows of given frames in stage 2, for comparison",
    )  # fmt: skip
    parser.add_argument(
        "--partial", action="store_true",
        help="convert what there is of the release; the app opens whole packages only",
    )  # fmt: skip
    parser.add_argument(
        "--resident-shards", type=int, metavar="N",
        help="for small GPUs: the app loads so many shards of a graph at a time and reads the "
        "others again in every run; default: all stay loaded",
    )  # fmt: skip
    given = parser.parse_args()
    command = "python -m training.convert_cogvideo SOURCE OUT --bits " + str(given.bits)
    command += " --as-released" * given.as_released
    if given.resident_shards is not None and given.resident_shards < 1:
        parser.error("--resident-shards must be at least 1")
    wanted = Conversion(
        given.source, given.out, given.bits, given.shard_bytes, given.as_released, given.partial,
        given.resident_shards, command,
    )  # fmt: skip
    try:
        size = convert(wanted, report=lambda line: print(line, flush=True))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f"{given.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
