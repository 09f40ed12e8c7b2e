"""The same in virtual time: SimPy driver, instance pool, network, store, CPU."""

from sim.setting import Setting
from sim.simulate import UnsupportedPlatformError, simulate, simulate_setting

__all__ = ["Setting", "UnsupportedPlatformError", "simulate", "simulate_setting"]
