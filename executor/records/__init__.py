"""Records: what happened in a run, real or simulated, and the tables made of it."""
