"""How fast and how small: each figure is taken in a fresh process; see README.md for what was measured."""
