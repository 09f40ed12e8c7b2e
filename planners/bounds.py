"""The lower bound of a plan on expectations: no run is expected to be quicker."""
