"""Vectors for workers/sampling/clusterSampling.ts: `python -m training.tests.cluster_fixture`.

Drawn codes must agree exactly, so numbers u lie clear of the borders between codes.
"""

import json
from pathlib import Path

import numpy as np

from training.transformer.cluster_sampling import (
    ClusterSampling,
    cluster_shares,
    code_probabilities,
    draw_code,
)

CODES, CLUSTERS = 60, 9
SETTINGS = ((1.0, 6, 0.89), (1.05, 4, 0.89), (1.0, 3, 0.6), (1.3, 20, 0.5))


def fixture():
    rng = np.random.default_rng(11)
    clusters = rng.integers(0, CLUSTERS, CODES)
    cases = []
    for temperature, kept, inner in SETTINGS:
        sampling = ClusterSampling(clusters, temperature, kept, inner)
        # Rounded, so that the file is short and JSON gives the very numbers back.
        logits = np.round(rng.normal(0, 3, CODES), 3)
        numbers = [round(u, 6) for u in rng.random(40) if clear(logits, sampling, u)]
        cases.append(
            {
                "temperature": temperature,
                "kept": kept,
                "innerTemperature": inner,
                "logits": logits.tolist(),
                "keptClusters": cluster_shares(logits, sampling).kept.tolist(),
                "probabilities": [float(f"{p:.12g}") for p in code_probabilities(logits, sampling)],
                "draws": [{"u": u, "code": draw_code(logits, sampling, u)} for u in numbers],
            }
        )
    return {"clusters": clusters.tolist(), "cases": cases}


def clear(logits, sampling, u):
    """Is the same code drawn a little below and above u?"""
    near = {draw_code(logits, sampling, u + step) for step in (-2e-6, 0, 2e-6)}
    return 0.001 < u < 0.999 and len(near) == 1


if __name__ == "__main__":
    path = Path(__file__).parents[2] / "tests" / "fixtures" / "clusterSampling.json"
    path.write_text(json.dumps(fixture()) + "\n", encoding="utf-8")
    print(path)
