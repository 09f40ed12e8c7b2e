"""A FaaS platform on this machine: its instances are processes, its clock is the host's, its rules are the pool's."""
