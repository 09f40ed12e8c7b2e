"""The simulator against known answers, closed forms and its invariants."""
