"""Faults: what goes wrong by itself, from rates or a script, and how it is carried out."""

from sim.faults.effects import FAULTS, Effect, Struck
from sim.faults.script import FaultScript, ScriptedFault, read_script

__all__ = ["FAULTS", "Effect", "FaultScript", "ScriptedFault", "Struck", "read_script"]
