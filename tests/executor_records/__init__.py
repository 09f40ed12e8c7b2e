"""Records of real runs: what is rebuilt of them, replayed and told."""
