"""Calibration must recover what is hidden from it, and validation must see what was predicted wrongly."""
