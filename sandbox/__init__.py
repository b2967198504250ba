"""A local stand-in for the Xquik REST API: a real server on a real port, with faults on request.

It shares no code with the client that talks to it, so that a mistake in one cannot hide in the other.
"""
