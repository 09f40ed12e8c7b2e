"""What a trace says of a run, and that it keeps the rules of its format."""
