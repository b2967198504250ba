"""The embedded writer: extractive, deterministic, needs no key and no network, and always answers or says why not."""
