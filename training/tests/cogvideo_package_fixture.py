"""Writes tests/fixtures/cogvideoPackage: `python -m training.tests.cogvideo_package_fixture`.

A small random release, converted as a real one would be, and the clip that torch and the
sentencepiece library draw with it: what the app must draw from the package.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import sentencepiece
import torch

from training.cogvideo.checkpoint_files import open_checkpoint
from training.cogvideo.clip_sampler import CogVideoSampler, DrawCode
from training.cogvideo.convert import Conversion, convert
from training.cogvideo.golden_files import CONFIG_KEY
from training.cogvideo.release_settings import stage_config
from training.cogvideo.transformer_weights import transformer_from_arrays
from training.icetk.config import IcetkConfig
from training.icetk.model import IcetkVqvae
from training.tests.cogvideo_release import write_release
from training.tests.sentencepiece_models import model_of
from training.text.caption_tokenizer import SPACE
from training.transformer.cluster_sampling import ClusterSampling, code_probabilities
from training.transformer.config import STAGES

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "cogvideoPackage"
PROMPT, SEED, ROUNDS = "狮子喝水", 1234, 2
CODES, CLUSTERS = 120, 30
# The third id behind <unk> is the pad's, as in icetk; no text has it.
PIECES = {SPACE: -2.0, "<unused>": -99.0, "<pad>": -99.0}
PIECES |= {character: -3.0 for character in "0124.5秒视频高清摄影狮子喝水"}
SIZES = {
    "num_layers": 3,
    "hidden_size": 16,
    "num_image_tokens": CODES,
    "pad_id": CODES + 3,
    "vocab_size": CODES + len(PIECES) + 2 + 10,
    "layout": "16,32,96",
}
PICTURES = IcetkConfig(channels=4, groups=4, latent=6, code_width=5, codes=CODES)


class RecordingSampler(CogVideoSampler):
    """Keeps the distribution of every code that it draws by clusters."""

    def _drawer(self, setting: dict) -> DrawCode:
        draw, own = super()._drawer(setting), self.sampling["clusters"]
        sampling = ClusterSampling(
            self.clusters, setting["temperature"], setting["topK"], own["innerTemperature"]
        )

        def record(logits: np.ndarray, u: float) -> int:
            self.distributions.append(code_probabilities(logits, sampling))
            return draw(logits, u)

        return record

    distributions: list[np.ndarray]


def write_source(folder: Path) -> None:
    """Both stages, text model, picture tokenizer and table of clusters."""
    write_release(folder, **SIZES)
    (folder / "ice_text.model").write_bytes(model_of(PIECES, ("<n>",)))
    torch.manual_seed(3)
    vqvae = IcetkVqvae(PICTURES).eval().requires_grad_(False)
    for parameter in vqvae.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    text = json.dumps(_picture_settings()).encode()
    arrays = {name: tensor.numpy() for name, tensor in vqvae.state_dict().items()}
    np.savez(folder / "vqvae.npz", **{CONFIG_KEY: np.frombuffer(text, np.uint8)}, **arrays)
    np.save(folder / "cluster_label2.npy", np.random.default_rng(5).integers(0, CLUSTERS, CODES))


def _picture_settings() -> dict:
    values = asdict(PICTURES)
    names = {
        "encoder_multipliers": "enc_channels_mult",
        "encoder_blocks": "enc_num_res_blocks",
        "decoder_multipliers": "dec_channels_mult",
        "decoder_blocks": "dec_num_res_blocks_per_level",
        "latent": "z_channels",
        "code_width": "embedding_dim",
        "codes": "n_embed",
        "groups": "group_norm_groups",
        "epsilon": "group_norm_eps",
    }
    return {names.get(name, name): value for name, value in values.items()}


def sampler_of(source: Path, package: Path) -> RecordingSampler:
    """Torch models of the source's weights, the library's text model, the package's settings."""
    models = {}
    for number, stage in enumerate(STAGES, start=1):
        checkpoint = open_checkpoint(source / f"cogvideo-stage{number}")
        config = stage_config(checkpoint.config, number)
        model = transformer_from_arrays(checkpoint.tensors, config)
        models[stage] = model.eval().requires_grad_(False)
    library = sentencepiece.SentencePieceProcessor(model_file=str(source / "ice_text.model"))

    def encode(text: str) -> list[int]:
        return [CODES + piece for piece in library.encode(text)]

    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    table = np.load(source / "cluster_label2.npy")
    sampler = RecordingSampler(models, encode, manifest, table)
    sampler.distributions = []
    return sampler


def golden(sampler: RecordingSampler) -> dict:
    """The clip after every round; distributions [D, codes] of the first frame's and the second's
    codes, and of the first round's first ones, rounded."""
    clip = sampler.key_frames(PROMPT, SEED)
    clips = [clip]
    for number in range(1, ROUNDS + 1):
        clip = sampler.interpolate(PROMPT, clip, SEED, number)
        clips.append(clip)
    cells = sampler.cells
    drawn = np.array(sampler.distributions)
    wanted = [*range(0, 2 * cells, 3), *range(5 * cells, 5 * cells + 8)]
    return {
        "prompt": PROMPT,
        "seed": SEED,
        "firstFrameText": sampler.first_frame_text(PROMPT),
        "clips": [frames.tolist() for frames in clips],
        "draws": wanted,
        "probabilities": [[float(f"{p:.7g}") for p in drawn[index]] for index in wanted],
    }


def write_package(folder: Path, out: Path) -> RecordingSampler:
    """The package without its encoder, which draws nothing."""
    source = folder / "release"
    write_source(source)
    convert(Conversion(source, out, bits=16))
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["graphs"].pop("encoder")["files"]:
        (out / file["path"]).unlink()
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return sampler_of(source, out)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        sampler = write_package(Path(folder), FOLDER)
        text = json.dumps(golden(sampler))
        (FOLDER / "golden.json").write_text(text + "\n", encoding="utf-8")
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
