"""The typer application: the commands as typer takes them, and what their help says."""
