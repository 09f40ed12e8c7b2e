"""Timelines: who did what and when in a run, as plain data that pictures and traces are made of."""
