"""The proof of a result: it is judged before it is written, and shares nothing with what made the result."""
