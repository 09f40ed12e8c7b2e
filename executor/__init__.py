"""How a plan is carried out: worker machines, run records, and real backends."""
