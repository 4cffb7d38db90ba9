"""What the converter needs of a release's super-resolution before it writes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.release_files import ReleaseFiles
from training.cogvideo.stage_checkpoint import StageCheckpoint, different_base
from training.dsr.checkpoint import DsrCheckpoint, open_dsr
from training.dsr.sampling import dsr_sampling
from training.dsr.shard_plan import plan_dsr_shards
from training.dsr.upscaler_part import UpscalerPart, check_fits
from training.export.shard_plan import PlannedShard
from training.export.transformer_shards import Bits
from training.transformer.cluster_sampling import ClusterSampling

Report = Callable[[str], None]


@dataclass(frozen=True)
class SuperResolution:
    checkpoint: DsrCheckpoint
    sampling: ClusterSampling

    def plan(
        self,
        decoder: onnx.ModelProto,
        alike: StageCheckpoint | None,
        stage_shards: list[PlannedShard],
        bits: Bits,
        limit: int,
        report: Report,
    ) -> UpscalerPart:
        """`alike`: a stage whose base the package stores once, cut into `stage_shards`."""
        config, sampling = self.checkpoint.config, self.sampling
        if alike is not None and self._has_base_of(alike):
            try:
                shards = plan_dsr_shards(config, bits, limit, sampling, like=stage_shards)
            except ValueError as error:
                report(f"super-resolution keeps its own base: {error}")
            else:
                report("super-resolution has the same base: it is stored once")
                return UpscalerPart(self.checkpoint, sampling, decoder, shards, True)
        shards = plan_dsr_shards(config, bits, limit, sampling)
        return UpscalerPart(self.checkpoint, sampling, decoder, shards, False)

    def _has_base_of(self, stage: StageCheckpoint) -> bool:
        return not any(different_base(stage.base_digests, self.checkpoint.base_digests))


def open_super_resolution(
    files: ReleaseFiles, stage: CogVideoConfig, clusters: np.ndarray | None, report: Report
) -> SuperResolution | None:
    """None where the release has none, or not all that it needs. ValueError where it does not fit
    the stages. `clusters`: the table of the stages' codes, which are its codes too."""
    path = files.super_resolution
    if path is None:
        return None
    if clusters is None or files.image_tokenizer is None:
        report("super-resolution is left out: it needs code clusters and the image tokenizer")
        return None
    report(f"checking {path}")
    checkpoint = open_dsr(path)
    check_fits(path, checkpoint, stage)
    return SuperResolution(checkpoint, dsr_sampling(clusters))
