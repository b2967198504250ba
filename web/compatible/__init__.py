"""The operations of the AutoContent X API, to the letter, and ours beside: fields, sentences, keys and statuses."""
