"""StepConf: sizes step by step, each against what is left of the deadline."""

from planners.stepconf.planner import StepConf

__all__ = ["StepConf"]
