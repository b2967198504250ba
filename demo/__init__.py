"""`python -m demo`: the whole product shown end to end, and checked against what really happened."""
