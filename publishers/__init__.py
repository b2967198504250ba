"""Publishing: the irreversible act, at most once."""
