"""Strategic overseer: a brief in, a bounded verdict out.

A library. It knows nothing of the desk that uses it: moments are given to it (integer
nanoseconds UTC), and so is the transport through which models are asked.
"""
