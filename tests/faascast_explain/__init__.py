"""What a run is explained by."""
