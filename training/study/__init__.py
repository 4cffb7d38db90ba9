"""CogVideo's comparisons repeated with small models on a small part of the toy world."""
