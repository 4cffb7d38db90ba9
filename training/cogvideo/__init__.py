"""CogVideo's own checkpoints: their names and sizes, their conversion, and its golden vectors."""
