"""The full-size world: its names and words, what goes together, motion, drawing, captions."""
