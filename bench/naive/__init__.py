"""The design that everybody writes first, honest and working: what the whole road is measured by.

A webhook is a job, every line is locked by itself, and every sale is told to every channel by a
job of its own. Jobs run on RQ's usual worker, which forks for each. It ends in the right stock.
"""
