"""Measurements of this machine, as ratios within one run. Nothing in the tests depends on how fast anything is.

May import everything; nothing imports it.
"""
