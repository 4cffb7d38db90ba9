"""The study's main flow: prepare, then for every seed and variant train, draw and judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from training.common.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training.evaluation.evaluator import Evaluator
from training.study.judge import Judged, drawn_frames, judge, reconstructed, rendered_frames
from training.study.models import VARIANTS, Networks, Variant, VideoGan, make_model
from training.study.prepare import Material, prepare
from training.study.report import claim_evaluator, write_report
from training.study.rows import PROMPT_SEED, Row, compared_row, draw_row, further_rows, run_folder
from training.study.settings import Settings
from training.study.subworld import prompt_scenes
from training.study.train_gan import train_gan
from training.study.train_variant import Record, train_variant
from training.study.training_renders import training_renders
from training.world.atlas import World

_REAL_SEED = 42


class Study:
    """One folder with one set of settings."""

    def __init__(
        self, folder: Path, settings: Settings, world: World, evaluator: Evaluator
    ) -> None:
        self.folder, self.settings = folder, settings
        self.world, self.evaluator = world, evaluator
        self._claim_folder()
        claim_evaluator(folder, evaluator.key)

    def _claim_folder(self) -> None:
        """Writes the settings down; ValueError when the folder holds a study with others."""
        file = self.folder / "settings.json"
        mine = json.loads(json.dumps(asdict(self.settings)))
        if file.exists():
            theirs = json.loads(file.read_text())
            other = [name for name in mine if mine[name] != theirs.get(name)]
            if other:
                named = ", ".join(f"{n} {theirs.get(n)}, now {mine[n]}" for n in other)
                raise ValueError(f"{self.folder} holds a study with {named}: choose another folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(mine, indent=2))

    def run(self, seeds: Sequence[int]) -> None:
        """All seeds' comparison, then further settings: a study that is cut short can be read."""
        material = self.material()
        self._judge_references(material)
        for seed in seeds:
            for variant in VARIANTS:
                model = self._model(variant, seed, material)
                self._draw_and_judge(compared_row(variant, self.settings), model, seed, material)
                write_report(self.folder, self.settings, seeds)
        for row in further_rows(self.settings):
            for seed in seeds:
                model = self._model(row.variant, seed, material)
                self._draw_and_judge(row, model, seed, material)
                write_report(self.folder, self.settings, seeds)

    def material(self) -> Material:
        """What all runs share, made at the first call."""
        return prepare(self.settings, self.world, self.folder / "shared")

    def _judge_references(self, material: Material) -> None:
        """Real renders of the prompts, ceiling and floor, and other renders to compare with."""
        folder = self.folder / "reference"
        folder.mkdir(exist_ok=True)
        prompts = prompt_scenes(self.settings.prompts, PROMPT_SEED)
        others = prompt_scenes(self.settings.real_clips, _REAL_SEED)
        for name, scenes in (
            ("real", prompts), ("ceiling", prompts), ("floor", prompts), ("others", others),
        ):  # fmt: skip
            file = folder / f"{name}.npz"
            if file.exists():
                continue
            print(f"judging {len(scenes)} reference clips: {name}", flush=True)
            frames = rendered_frames(scenes, self.world)
            if name in ("ceiling", "floor"):
                frames = reconstructed(frames, material.vqvae)
            asked = [*scenes[1:], scenes[0]] if name == "floor" else scenes
            judge(self.evaluator, frames, asked).save(file)

    def _model(self, variant: Variant, seed: int, material: Material) -> Networks | VideoGan:
        """The run's model, trained unless it is there."""
        folder = run_folder(self.folder, variant, seed)
        if not (folder / "record.json").exists():
            trained, record = self._train(variant, seed, material)
            weights = trained.trained.state_dict()
            save_checkpoint(folder / "model.pt", Checkpoint(weights, asdict(self.settings)))
            (folder / "record.json").write_text(json.dumps(asdict(record), indent=2))
        model = make_model(variant, self.settings, material)
        model.trained.load_state_dict(load_checkpoint(folder / "model.pt").model)
        model.freeze()
        return model

    def _train(
        self, variant: Variant, seed: int, material: Material
    ) -> tuple[Networks | VideoGan, Record]:
        if variant != "video-gan":
            return train_variant(variant, seed, self.settings, material)
        file = self.folder / "shared" / "train_frames.npy"
        scenes, pixels = material.train.scenes, self.settings.pixels
        frames = training_renders(scenes, self.world, file, pixels)
        return train_gan(seed, self.settings, material, frames)

    def _draw_and_judge(
        self, row: Row, model: Networks | VideoGan, seed: int, material: Material
    ) -> None:
        file = row.file(self.folder, seed)
        judged = file.with_suffix(".judged.npz")
        if judged.exists():
            return
        if not file.exists():
            print(f"drawing {row.variant} seed {seed}: {row.name}", flush=True)
            clips = draw_row(row, model, seed, self.settings, material)
            np.savez_compressed(file.with_suffix(".part.npz"), **clips)
            file.with_suffix(".part.npz").replace(file)
        frames = drawn_frames(file, material.vqvae)
        scenes = prompt_scenes(self.settings.prompts, PROMPT_SEED)
        found = judge(self.evaluator, frames, scenes)
        found.save(judged)
        print(f"  {summary_line(found)}", flush=True)


def summary_line(judged: Judged) -> str:
    shares = [f"{name} {np.nanmean(right):.0%}" for name, right in judged.right.items()]
    return ", ".join([*shares, f"completion {np.nanmean(judged.complete):.0%}"])
