"""faascast as a stranger gets it: a wheel, installed into a clean environment."""
