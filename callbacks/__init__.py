"""Telling the owner's systems, at least once: the envelope, its signature, the channels, and when to try again."""
