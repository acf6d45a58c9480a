"""Communities: models that share one medium."""
