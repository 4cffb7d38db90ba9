"""Writes tests/fixtures/converted: `python -m training.tests.converted_fixture`.

A small random release, converted as the real one would be, into 1, 2 and 4 shards of 4 bits: both
stages, SentencePiece tokenizer, icetk's decoder and super-resolution. What is the same in all of
them is kept once, in the folder `common`. golden.json has what the sentencepiece library makes of
texts.
"""

import json
import shutil
import tempfile
from pathlib import Path

import sentencepiece

from training.cogvideo.convert import Conversion, convert
from training.export.manifest import MAX_CODE_POINTS
from training.tests.cogvideo_finer_release import CODES, write_finer_release
from training.tests.test_dsr_package import finer_limit
from training.text.sentencepiece_corpus import train_model
from training.text.train import caption_sample
from training.text.unigram_model import ICETK_ADDED, with_added_pieces

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "converted"
COUNTS = (1, 2, 4)
VOCABULARY = 210
PIECES = VOCABULARY - 10 - CODES  # the rows behind are BOI, two marks of languages, seven unused
# Full-width forms and the wide space become ASCII; tab-separated code points, as the trainer reads.
RULES = [*((0xFF01 + i, 0x21 + i) for i in range(94)), (0x3000, 0x20)]
TEXTS = (
    "",
    "A lion drinks water at the lake.",
    "一只狮子在湖边喝水！",
    "Ａ　ｌｉｏｎ　runs  fast",
    "4.0秒",
    "a<n>b<start_of_image>",
    "🦁 \u0001 é",
    "the lion " * 1200,
    "狮子在湖边" * 700,
)


def text_model(folder: Path) -> bytes:
    """A unigram model of PIECES pieces, trained on captions, with RULES."""
    rules = folder / "rules.tsv"
    rules.write_text("".join(f"{source:X}\t{target:X}\n" for source, target in RULES))
    english = [line for line in caption_sample(400, 1) if line.isascii()]
    chinese = ["4.0秒 2.0秒 1.0秒 0.5秒 高清摄影 视频", "一只狮子在湖边喝水。", "狮子在湖边"] * 20
    return train_model(
        iter(english + chinese), PIECES, normalization_rule_tsv=str(rules),
        normalization_rule_name="",
        user_defined_symbols=["<n>"], unk_id=0, bos_id=-1, eos_id=-1, character_coverage=1.0,
    )  # fmt: skip


def library_ids(model: bytes, text: str) -> list[int]:
    """Flat ids by the sentencepiece library."""
    library = sentencepiece.SentencePieceProcessor(
        model_proto=with_added_pieces(model, ICETK_ADDED)
    )
    return [piece + CODES for piece in library.encode(text)]


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = text_model(folder)
        release = folder / "release"
        write_finer_release(release, model, vocab_size=VOCABULARY)
        for count in COUNTS:
            convert(Conversion(release, folder / str(count), 4, finer_limit(count, 4)))
            _slim(folder / str(count))
        _keep([folder / str(count) for count in COUNTS])
    golden = [
        # The pipeline reads so many code points of a prompt.
        {"text": text, "ids": library_ids(model, text),
         "cutIds": library_ids(model, text[:MAX_CODE_POINTS])}
        for text in TEXTS
    ]  # fmt: skip
    content = json.dumps({"offset": CODES, "texts": golden}, ensure_ascii=False)
    (FOLDER / "golden.json").write_text(content + "\n", encoding="utf-8")


def _slim(package: Path) -> None:
    """Drops the encoder, which no test of the app reads; gives the decoder of finer tokens the same
    name in all packages, so that it is kept once."""
    path = package / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for file in manifest["graphs"].pop("encoder")["files"]:
        (package / file["path"]).unlink()
    upscaler = manifest["graphs"]["upscaler"]
    for kind, files in (("onnx", upscaler["files"]), ("weights", upscaler["weights"])):
        decoder = files[-1]  # numbered after the shards
        (package / decoder["path"]).rename(package / f"fine.{kind}")
        decoder["path"] = f"fine.{kind}"
    manifest["id"] = "converted"
    manifest["training"]["command"] = Conversion.command
    path.write_text(json.dumps(manifest, ensure_ascii=False) + "\n", encoding="utf-8")


def _keep(packages: list[Path]) -> None:
    """Copies the packages; files that are alike in all of them go to `common`."""
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in packages]
    first, *others = contents
    common = {n for n, content in first.items() if all(o.get(n) == content for o in others)}
    for package, files in zip(packages, contents, strict=True):
        for name, content in files.items():
            target = FOLDER / ("common" if name in common else package.name) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


if __name__ == "__main__":
    main()
