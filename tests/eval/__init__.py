"""Evaluations: how often decisions are right, by data sets of questions and failures."""
