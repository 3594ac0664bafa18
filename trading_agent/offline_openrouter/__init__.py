"""A provider of models on loopback: OpenRouter's words, prices and failures, and a simulated model.

Nothing leaves the machine, nothing is known about markets, and every answer says that it is
simulated.
"""
