"""The seven built-in workflows as programs that really compute, each with a check of its result."""

from workloads.real.builtin import Builtin
from workloads.real.catalogue import BUILTINS, real_program

__all__ = ["BUILTINS", "Builtin", "real_program"]
