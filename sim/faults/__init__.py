"""Faults in virtual time: what befalls which operation (fates), and how that is carried out (storm)."""
