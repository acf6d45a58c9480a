"""Which reactions of a universal model an organism has."""
