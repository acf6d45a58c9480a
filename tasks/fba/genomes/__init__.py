"""From the proteins of a genome to a model, with evidence for each reaction."""
