"""Histories out of runs: of this process, in result folders, and recorded elsewhere."""
