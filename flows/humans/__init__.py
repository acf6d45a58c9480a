"""Requests to humans: whose answer counts, what is decided, and what happens while nobody answers. Pure."""
