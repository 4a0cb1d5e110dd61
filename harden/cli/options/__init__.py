"""The arguments and options of the commands, each declared once as typer takes it."""
