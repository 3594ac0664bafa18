"""What the doors for people need of the rest of the program, made ready for the composition."""
