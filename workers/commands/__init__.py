"""The commands of `fluxagents`, one module per topic, imported when its command is called."""
