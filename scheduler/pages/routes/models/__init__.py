"""`/models` and `/genomes`: models, what is in them and what runs found about them, and genomes."""
