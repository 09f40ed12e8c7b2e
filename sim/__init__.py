"""The same in virtual time: SimPy driver, instance pool, network, store, CPU."""

from sim.setting import Setting
from sim.simulate import UnsupportedPlatform, simulate, simulate_setting

__all__ = ["Setting", "UnsupportedPlatform", "simulate", "simulate_setting"]
