"""Trains the video GAN from one seed, by processor time, discriminators included."""

from __future__ import annotations

import copy
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.common.budget import linear_decay
from training.common.progress import format_seconds
from training.study.caption_encoder import caption_ids
from training.study.frame_subsampling import draw_picks, picked_times
from training.study.models import VideoGan, count_parameters, make_video_gan
from training.study.prepare import Material
from training.study.settings import Settings
from training.study.subworld import study_caption
from training.study.train_variant import REPORT_SECONDS, Record
from training.study.video_discriminators import VideoDiscriminators
from training.study.video_generator import VideoGanConfig

GENERATOR_RATE, DISCRIMINATOR_RATE = 1e-3, 2e-3
BETAS = (0.0, 0.99)  # of Adam; a discriminator's momentum would speak of an older generator
WARMUP, FINAL_RATE = 0.02, 0.1  # share of a run; share of the learning rate at its end
AVERAGE = 0.98  # of the drawn generator's weights per step: the last tenth of a run


def train_gan(
    seed: int, settings: Settings, material: Material, frames: np.ndarray
) -> tuple[VideoGan, Record]:
    """The averaged generator and the record of its training.

    frames uint8 [N, 33, P, P, 3] are the renders of the training clips.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 31])
    gan = make_video_gan(settings, material)
    run = GanRun(gan, settings, material, frames, rng)
    scaffolding = count_parameters(run.discriminators)
    record = Record("video-gan", seed, gan.parameters, discriminator_parameters=scaffolding)
    seconds, printed = 60 * settings.minutes, 0.0
    while record.seconds < seconds:
        began = time.process_time()
        losses = run.step(record.seconds / seconds)
        record.seconds += time.process_time() - began
        record.steps += 1
        record.windows += settings.batch
        if record.seconds - printed > REPORT_SECONDS:
            printed = record.seconds
            print(
                f"video-gan seed {seed} step {record.steps} discriminators {losses[0]:.3f} "
                f"generator {losses[1]:.3f} | {format_seconds(seconds - printed)} left",
                flush=True,
            )
    print(f"video-gan seed {seed}: {record.steps} steps", flush=True)
    return VideoGan(run.average), record


class GanRun:
    """Generator, its average, discriminators and what they learn from."""

    def __init__(
        self,
        gan: VideoGan,
        settings: Settings,
        material: Material,
        frames: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.generator, self.settings = gan.generator, settings
        self.frames, self.rng = frames, rng
        self.config: VideoGanConfig = gan.generator.config
        captions = [study_caption(scene, rng) for scene in material.train.scenes]
        self.captions = caption_ids(material.tokenizer, captions, settings.text_slots)
        self.average = copy.deepcopy(gan.generator).requires_grad_(False)
        self.discriminators = VideoDiscriminators(self.config)
        # Convolutions with few channels take a quarter less time with the channels innermost.
        for network in (self.generator, self.discriminators):
            network.to(memory_format=torch.channels_last)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), rate, BETAS)
            for network, rate in (
                (self.discriminators, DISCRIMINATOR_RATE),
                (self.generator, GENERATOR_RATE),
            )
        ]
        self.rates = (DISCRIMINATOR_RATE, GENERATOR_RATE)

    def step(self, share: float) -> tuple[float, float]:
        """One update of both sides at `share` of the run; their losses."""
        factor = linear_decay(share, WARMUP, FINAL_RATE)
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * factor
        real, ids = self.real_clips()
        noise = self.generator.draw_noise(len(ids))
        drawn = self.generator(ids, noise, self._picks(len(ids)))
        judged = self._update(0, self._discriminator_loss(real, drawn, ids))
        # Its own update follows from the same drawn clips, judged by the newer discriminators.
        self.discriminators.requires_grad_(False)
        scores = self.discriminators.scores(self.discriminators.features(drawn), ids)
        convinced = self._update(1, -scores.mean())
        self.discriminators.requires_grad_(True)
        with torch.no_grad():
            for mean, now in zip(
                self.average.parameters(), self.generator.parameters(), strict=True
            ):
                mean.lerp_(now, 1 - AVERAGE)
        return judged, convinced

    def _picks(self, clips: int) -> list[Tensor]:
        return draw_picks(self.config.frames, len(self.config.sides), clips)

    def real_clips(self) -> tuple[list[Tensor], Tensor]:
        """Renders [B, n, 3, side, side] in -1..1 of every level, and captions [B, S]."""
        chosen = self.rng.choice(len(self.frames), self.settings.batch, replace=False)
        levels = []
        for side, times in zip(
            self.config.sides, picked_times(self._picks(len(chosen))), strict=True
        ):
            frames = torch.from_numpy(self.frames[chosen[:, None], times.numpy()])
            frames = frames.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
            small = functional.avg_pool2d(frames, self.config.pixels // side)
            levels.append(small.unflatten(0, times.shape))
        return levels, self.captions[chosen]

    def _discriminator_loss(self, real: list[Tensor], drawn: list[Tensor], ids: Tensor) -> Tensor:
        """Hinge loss against drawn clips and against real ones of another caption.

        The second kind of negative (arXiv 1605.05396) is what makes captions matter early.
        """
        clips = [torch.cat([a, b.detach()]) for a, b in zip(real, drawn, strict=True)]
        features = self.discriminators.features(clips)
        true = [both[: len(ids)] for both in features]
        wrong = ids.roll(1, dims=0)
        differs = (wrong != ids).any(1).float()[:, None]
        good = self.discriminators.scores(true, ids)
        false = self.discriminators.scores([both[len(ids) :] for both in features], ids)
        other = self.discriminators.scores(true, wrong)
        loss = functional.relu(1 - good).mean() + 0.5 * functional.relu(1 + false).mean()
        return loss + 0.5 * (functional.relu(1 + other) * differs).mean()

    def _update(self, side: int, loss: Tensor) -> float:
        """A step of the discriminators (0) or the generator (1), left out when not finite."""
        loss.backward()
        optimizer = self.optimizers[side]
        gradients = [p.grad for p in optimizer.param_groups[0]["params"] if p.grad is not None]
        if torch.isfinite(nn.utils.get_total_norm(gradients)):
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())
