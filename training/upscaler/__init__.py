"""The upscaler: a small network that enlarges the decoder's frames and sharpens them."""
