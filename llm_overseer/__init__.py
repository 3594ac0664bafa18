"""Strategic overseer: a brief in, a bounded verdict out."""
