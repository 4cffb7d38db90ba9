"""How the released pipeline draws the fine cells: each one once, all after one forward pass."""

import numpy as np

from training.transformer.cluster_sampling import ClusterSampling


def dsr_sampling(clusters: np.ndarray) -> ClusterSampling:
    """The release's setting, with its map int [codes] from code to cluster."""
    return ClusterSampling(clusters, temperature=1.0, kept=6, inner_temperature=0.6)
