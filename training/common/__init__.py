"""Pieces that every trainer shares: optimizer, processes, checkpoints, budget, progress."""
