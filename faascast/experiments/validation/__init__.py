"""What was predicted, laid beside what was measured in runs that the prediction has not seen."""
