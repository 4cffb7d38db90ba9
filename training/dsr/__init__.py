"""CogView2's direct super-resolution (dsr): 20 x 20 tokens to 60 x 60 in one forward pass."""
