"""The program's own API, /api/v1: one module for each resource, each with its OPERATIONS."""
