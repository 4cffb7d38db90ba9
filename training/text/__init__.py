"""The caption tokenizer: SentencePiece-style unigram pieces over English and Chinese."""
