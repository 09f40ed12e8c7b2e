"""Words and figures for people: in a terminal, or in a file."""
