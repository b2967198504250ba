"""Deep research's thinking: what to ask, which passages answer it, and the report with its citations."""
