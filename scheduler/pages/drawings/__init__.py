"""What pages draw: maps, families, charts and the pictures of files."""
