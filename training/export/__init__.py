"""From checkpoints to the model package: graphs, manifest, comparison."""
