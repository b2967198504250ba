"""The promises that are numbers, each a module run alone: `python -m benchmarks.NAME --json`."""
