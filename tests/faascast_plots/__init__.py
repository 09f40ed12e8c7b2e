"""What the pictures show, and that nothing of them is cut off."""
