"""How the engine is run on a server: the files say what they must, and their commands work."""
