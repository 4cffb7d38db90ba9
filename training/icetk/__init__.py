"""The picture tokenizer of CogView2 and CogVideo (icetk): original weights, encode and decode."""
