"""Writing through a language model: facts quoted by it and found by us, drafts written by it and checked by us."""
