"""Questions put to whole runs, and whether what the runs claim to have answered is so."""
