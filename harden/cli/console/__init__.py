"""The standard streams and the terminal: where results and messages go, and what comes in."""
