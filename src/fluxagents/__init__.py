"""Durable LLM agents for metabolic modelling, on Celery and Redis."""
