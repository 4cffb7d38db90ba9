"""The study's video GAN: its levels, what it learns from, and that it draws what a seed says."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training.study.caption_encoder import CaptionEncoder, caption_ids
from training.study.frame_subsampling import (
    draw_picks,
    level_frames,
    pick_frames,
    picked_times,
)
from training.study.generate import gan_clips
from training.study.master_clips import MasterClips, split_scenes
from training.study.models import (
    VideoGan,
    count_parameters,
    dual_channel_config,
    make_networks,
    make_video_gan,
)
from training.study.prepare import Material
from training.study.settings import Settings
from training.study.subworld import CLIP_FRAMES, prompt_of
from training.study.train_gan import GanRun, train_gan
from training.study.training_renders import training_renders
from training.study.video_discriminators import VideoDiscriminators
from training.study.video_generator import VideoGanConfig, VideoGenerator
from training.text.caption_tokenizer import CaptionTokenizer
from training.text.characters import ASCII
from training.text.train import train_tokenizer
from training.transformer.model import Transformer
from training.world.atlas import World
from training.world.scene import Scene

CONFIG = VideoGanConfig(
    pixels=64,
    frames=CLIP_FRAMES,
    vocabulary=20,
    pad_id=0,
    text_slots=6,
    width=16,
    text=12,
    noise=5,
    opening=8,
)
IDS = torch.tensor([[3, 4, 5, 0, 0, 0], [7, 8, 9, 10, 0, 0]])
SETTINGS = Settings(pixels=16, codes=16, layers=2, hidden=32, batch=4, minutes=0.005)
SCENES = split_scenes("train", 6)


@pytest.fixture(scope="module")
def tokenizer() -> CaptionTokenizer:
    captions = [prompt_of(scene) for scene in split_scenes("train", 60)]
    return train_tokenizer(captions, (), 96, ASCII + "秒")


@pytest.fixture
def material(tokenizer: CaptionTokenizer) -> Material:
    clips = MasterClips(np.zeros((len(SCENES), CLIP_FRAMES, 16), np.uint16), SCENES)
    world = SimpleNamespace()  # the frames are given
    return Material(world, SimpleNamespace(), tokenizer, clips, clips)


@pytest.fixture
def frames() -> np.ndarray:
    shape = (len(SCENES), CLIP_FRAMES, 16, 16, 3)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def test_every_level_has_its_own_frames_and_size() -> None:
    generator, judges = VideoGenerator(CONFIG), VideoDiscriminators(CONFIG)
    levels = generator(IDS, generator.draw_noise(2), draw_picks(CLIP_FRAMES, 4, 2))
    assert [tuple(level.shape) for level in levels] == [
        (2, 16, 3, 8, 8), (2, 8, 3, 16, 16), (2, 4, 3, 32, 32), (2, 2, 3, 64, 64),
    ]  # fmt: skip
    assert all(level.abs().max() <= 1 for level in levels)
    assert judges.scores(judges.features(levels), IDS).shape == (2, 4)
    assert generator.whole(IDS, generator.draw_noise(2)).shape == (2, CLIP_FRAMES, 3, 64, 64)
    with pytest.raises(ValueError, match="power of two above 4, not 48"):
        replace(CONFIG, pixels=48)


def test_subsampling_takes_every_second_frame_from_any_first_one() -> None:
    assert level_frames(CLIP_FRAMES, 4) == (16, 8, 4, 2)
    picks = draw_picks(CLIP_FRAMES, 4, 200, torch.Generator().manual_seed(0))
    times = picked_times(picks)
    for level, step in zip(times, (2, 4, 8, 16), strict=True):
        assert (level.diff(dim=1) == step).all()
    # Every frame of a clip can be the first or the last that a level sees, as far as they fit.
    assert set(times[0][:, 0].tolist()) == {0, 1, 2} and times[0].max() == CLIP_FRAMES - 1
    assert set((times[-1][:, 0]).tolist()) == set(range(17))
    numbers = torch.arange(CLIP_FRAMES).expand(200, -1)
    for pick, wanted in zip(picks, times, strict=True):
        numbers = pick_frames(numbers, pick)
        assert torch.equal(numbers, wanted)
    with pytest.raises(ValueError, match="8 frames are too few for 4 levels"):
        level_frames(8, 4)


def test_training_renders_the_frames_of_the_whole_clip() -> None:
    generator = VideoGenerator(CONFIG)
    noise = generator.draw_noise(2)
    picks = draw_picks(CLIP_FRAMES, 4, 2)
    sparse, dense = generator(IDS, noise, picks)[-1], generator.whole(IDS, noise)
    wanted = pick_frames(dense, picked_times(picks)[-1])
    torch.testing.assert_close(sparse, wanted, atol=1e-5, rtol=1e-4)


def test_a_caption_does_not_depend_on_its_padding() -> None:
    encoder = CaptionEncoder(20, 0, 6, 8)
    torch.testing.assert_close(encoder(IDS[:, :4]), encoder(IDS))
    assert not torch.allclose(encoder(IDS[:1]), encoder(IDS[1:]))


def test_a_caption_too_long_is_refused(tokenizer: CaptionTokenizer) -> None:
    with pytest.raises(ValueError, match="more than 2"):
        caption_ids(tokenizer, ["A lion jumps on the grass."], 2)


@pytest.mark.parametrize("settings", [SETTINGS, Settings()])
def test_the_generator_is_as_large_as_the_transformers(
    settings: Settings, material: Material
) -> None:
    wanted = count_parameters(Transformer(dual_channel_config(settings, material)))
    assert make_video_gan(settings, material).parameters == pytest.approx(wanted, rel=0.01)
    with pytest.raises(ValueError, match="no transformers"):
        make_networks("video-gan", settings, material)


def test_real_clips_are_the_renders_made_smaller(material: Material) -> None:
    # Frames of one grey each, which is their number, show what was taken.
    grey = np.arange(CLIP_FRAMES, dtype=np.uint8)[None, :, None, None, None]
    frames = np.broadcast_to(grey, (len(SCENES), CLIP_FRAMES, 16, 16, 3))
    run = GanRun(
        make_video_gan(SETTINGS, material), SETTINGS, material, frames, np.random.default_rng(0)
    )
    levels, ids = run.real_clips()
    assert [tuple(level.shape[1:]) for level in levels] == [(16, 3, 8, 8), (8, 3, 16, 16)]
    assert ids.shape == (SETTINGS.batch, SETTINGS.text_slots)
    for level, step in zip(levels, (2, 4), strict=True):
        numbers = (level[:, :, 0, 0, 0] + 1) * 127.5
        torch.testing.assert_close(numbers.diff(dim=1), torch.full_like(numbers[:, 1:], step))


def test_a_step_changes_both_sides_and_the_average(material: Material, frames: np.ndarray) -> None:
    torch.manual_seed(0)
    gan = make_video_gan(SETTINGS, material)
    run = GanRun(gan, SETTINGS, material, frames, np.random.default_rng(0))
    sides = (run.generator, run.discriminators, run.average)
    before = [[p.detach().clone() for p in side.parameters()] for side in sides]
    assert all(np.isfinite(run.step(0.5)))
    for side, old in zip(sides, before, strict=True):
        changed = [not torch.equal(p, o) for p, o in zip(side.parameters(), old, strict=True)]
        assert np.mean(changed) >= 0.9
        assert all(torch.isfinite(p).all() for p in side.parameters())
    assert all(p.requires_grad for p in run.discriminators.parameters())


def test_training_is_counted_and_drawing_follows_the_seed(
    material: Material, frames: np.ndarray
) -> None:
    gan, record = train_gan(3, SETTINGS, material, frames)
    assert record.seconds >= 60 * SETTINGS.minutes and record.steps > 0
    assert record.windows == record.steps * SETTINGS.batch
    assert record.parameters == gan.parameters and record.discriminator_parameters > 0
    prompts = [prompt_of(scene) for scene in SCENES[:3]]
    drawn = gan_clips(gan, material, prompts, 1)
    assert drawn.shape == (3, CLIP_FRAMES, 16, 16, 3) and drawn.dtype == np.uint8
    # A stored generator draws the same clips again, and another seed draws others.
    again = make_video_gan(SETTINGS, material)
    again.trained.load_state_dict(gan.trained.state_dict())
    assert np.array_equal(gan_clips(VideoGan(again.generator), material, prompts, 1), drawn)
    assert not np.array_equal(gan_clips(gan, material, prompts, 2), drawn)


def test_renders_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, rendered = tmp_path / "frames.npy", []

    def master_clip(scene: Scene, world: World) -> np.ndarray:
        rendered.append(scene)
        return np.full((CLIP_FRAMES, 16, 16, 3), len(rendered), np.uint8)

    monkeypatch.setattr("training.study.training_renders.master_clip", master_clip)
    for _ in range(2):
        made = training_renders(SCENES[:2], SimpleNamespace(), file, 16)
        assert made.shape == (2, CLIP_FRAMES, 16, 16, 3)
        assert made[:, 5, 0, 0, 0].tolist() == [1, 2] and rendered == SCENES[:2]
    with pytest.raises(ValueError, match="delete it"):
        training_renders(SCENES[:3], SimpleNamespace(), file, 16)
