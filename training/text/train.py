"""Trains the caption tokenizer: `python -m training.text.train --preset cpu --out FILE`."""

import argparse
import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceTrainer

from training.presets import PRESETS, data_folder, preset_named
from training.text.caption_tokenizer import LINE_BREAK, PAD, UNKNOWN, CaptionTokenizer
from training.text.characters import ASCII, CHINESE
from training.text.folding import fold_text, folding_table
from training.text.seed_pieces import seed_pieces
from training.text.sentencepiece_model import convert_sentencepiece


def train_tokenizer(
    captions: Iterable[str], words: Iterable[str], pieces: int, characters: str
) -> CaptionTokenizer:
    """At most `pieces` pieces over `captions`; every one of `characters` is a piece.

    `words` holds the Chinese words of the captions: no piece crosses their borders.
    """
    folded = [fold_text(caption) for caption in captions]
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".tsv") as seeds:
        for piece, count in seed_pieces(folded, words).most_common():
            seeds.write(f"{piece}\t{count}\n")
        seeds.flush()
        _run_trainer(folded, Path(seeds.name), pieces, characters, model)
    trained = convert_sentencepiece(model.getvalue(), folding={})
    return CaptionTokenizer(trained.pieces, folding_table(set("".join(trained.scores))))


def _run_trainer(
    captions: list[str], seeds: Path, pieces: int, characters: str, model: io.BytesIO
) -> None:
    SentencePieceTrainer.train(
        sentence_iterator=iter(captions),
        model_writer=model,
        seed_sentencepieces_file=str(seeds),
        model_type="unigram",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        required_chars=characters,
        normalization_rule_name="identity",
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        pad_piece=PAD,
        unk_piece=UNKNOWN,
        control_symbols=[LINE_BREAK],
        num_threads=1,
        minloglevel=1,
    )


def caption_sample(count: int, seed: int = 1, subset: str = "cpu") -> Iterator[str]:
    """`count` training captions, and the duration texts that stand before prompts."""
    from training.world.captions import caption
    from training.world.scene import sample_scene

    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield caption(sample_scene(rng, "train", subset), rng)
    for text in ("4.0秒", "2.0秒", "1.0秒", "0.5秒"):
        yield from [text] * max(1, count // 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--captions", type=int, default=50_000)
    parser.add_argument("--out", type=Path, help="default: tokenizer.json in the preset's folder")
    arguments = parser.parse_args()
    preset = preset_named(arguments.preset)
    from training.world.captions import all_caption_words

    tokenizer = train_tokenizer(
        caption_sample(arguments.captions, subset=preset.subset),
        all_caption_words(preset.subset)["zh"],
        preset.text_pieces,
        ASCII + CHINESE if preset.name != "micro" else ASCII,
    )
    out = arguments.out or data_folder(preset.name) / "tokenizer.json"
    tokenizer.save(out)
    print(f"{out}: {tokenizer.vocabulary_size} pieces")


if __name__ == "__main__":
    main()
