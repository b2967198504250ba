"""The peers we are measured beside: each a program of its own, run in the virtualenv of `requirements/bench.txt`."""
