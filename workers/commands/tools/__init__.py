"""What can be computed, and computing it without a run."""
