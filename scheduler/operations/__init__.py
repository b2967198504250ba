"""What a person can ask for, one function each, for every door: command line, HTTP and dashboard."""
