"""Models corrected by what was observed: disagreements, proposals for each, and the change itself."""
