"""`Optimization`: a switch, and what became of it in a run."""

from __future__ import annotations

from abc import abstractmethod

from executor.records.run import Run
from optimizations.account import Account
from planners.plan import Plan
from planners.switch import Switch


class Optimization(Switch):
    """Both halves of an optimization: what it writes into a plan, and what a worker did about it."""

    @abstractmethod
    def off(self, plan: Plan) -> Plan:
        """The plan without it."""

    @abstractmethod
    def account(self, run: Run) -> Account:
        """What became of it in a run of a plan that has it on."""
