"""The commands of `fluxagents`, a module a topic; each imports what it needs when it runs."""
