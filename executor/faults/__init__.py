"""Faults: what can go wrong, by name, and scripts of what is to go wrong in a run, simulated or real."""

from executor.faults.effects import FAULTS, Effect, Struck
from executor.faults.script import FaultScript, ScriptedFault, read_script, script_text

__all__ = ["FAULTS", "Effect", "FaultScript", "ScriptedFault", "Struck", "read_script", "script_text"]
