"""The picture tokenizer: a vector-quantised autoencoder between frames and picture tokens."""
