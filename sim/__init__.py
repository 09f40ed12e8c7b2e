"""The same in virtual time: SimPy driver, instance pool, network, store, CPU."""

from sim.arrivals import Arrivals, at, every, mixed, poisson, simulate_arrivals
from sim.setting import Setting
from sim.simulate import UnsupportedError, simulate, simulate_setting

__all__ = [
    "Arrivals",
    "Setting",
    "UnsupportedError",
    "at",
    "every",
    "mixed",
    "poisson",
    "simulate",
    "simulate_arrivals",
    "simulate_setting",
]
