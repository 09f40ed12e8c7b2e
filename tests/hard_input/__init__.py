"""Hard input: files mutated from real ones. Each brings a result or one clear error, never a traceback or a hang."""
