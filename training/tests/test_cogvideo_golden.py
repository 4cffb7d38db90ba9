"""Our transformer against the golden vectors that CogVideo's own code produced."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.cogvideo.golden_case import all_pass
from training.cogvideo.golden_decoding import check_decoding
from training.cogvideo.golden_layout import check_layout
from training.cogvideo.golden_sampling import check_sampling
from training.cogvideo.golden_stage import open_stage
from training.cogvideo.golden_training import check_training
from training.tests.golden_folder import FOLDER, needs_golden

pytestmark = needs_golden


def failures(cases):
    cases = list(cases)
    assert cases
    return [str(case) for case in cases if not case.passes]


@pytest.mark.parametrize("number", [1, 2])
def test_layouts_and_the_training_graph_are_the_originals(number):
    stage = open_stage(FOLDER, number)
    assert stage.config.layers >= 4
    assert failures(check_layout(stage)) == []
    assert failures(check_training(stage)) == []


@pytest.mark.parametrize("number", [1, 2])
def test_the_cached_step_decodes_as_the_original_in_torch_and_onnxruntime(number):
    assert failures(check_decoding(open_stage(FOLDER, number), rows=100)) == []


def test_the_samplers_have_the_originals_distributions():
    assert failures(check_sampling(FOLDER)) == []


@pytest.mark.parametrize("change", ["epsilon", "one mixing value", "shift parity"])
def test_small_mistakes_are_found(change):
    stage = one_case(open_stage(FOLDER, 2))
    with torch.no_grad():
        if change == "epsilon":
            for module in stage.model.modules():
                if isinstance(module, torch.nn.LayerNorm):
                    module.eps = 1e-6
        elif change == "one mixing value":
            stage.model.layers[-1].mix[3] += 0.01
        else:
            for layer in stage.model.layers:
                layer.pattern = 1 - layer.pattern
                layer.window = stage.model.config.windows[layer.pattern]
    assert not all_pass(check_training(stage))


def one_case(stage):
    """The stage with its first case alone, and without gradients."""
    kept = {
        name: array
        for name, array in stage.io.arrays.items()
        if name.startswith("case0.") or name == "code_idx"
    }
    assert isinstance(kept["code_idx"], np.ndarray)
    return replace(stage, io=replace(stage.io, arrays=kept))
