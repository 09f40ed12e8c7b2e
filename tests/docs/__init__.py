"""What the documentation shows is carried out."""
