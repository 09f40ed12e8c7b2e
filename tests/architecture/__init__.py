"""The rules of the house as tests; each checker is shown to fail on small bad examples."""
