"""All classical schedulers by name, so that one suite of properties goes over each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from planners.classic.batch import max_min, min_min, sufferage
from planners.classic.cost_graph import CostGraph
from planners.classic.cpop import cpop
from planners.classic.dls import dls
from planners.classic.dsc import dsc
from planners.classic.etf import etf
from planners.classic.first_come import first_come
from planners.classic.heft import heft
from planners.classic.immediate import mct, met, olb
from planners.classic.lookahead import lookahead
from planners.classic.mcp import mcp
from planners.classic.peft import peft
from planners.classic.schedule import Schedule
from planners.classic.tds import tds

SCHEDULERS: Mapping[str, Callable[[CostGraph], Schedule]] = MappingProxyType(
    {
        "heft": heft,
        "cpop": cpop,
        "peft": peft,
        "lookahead": lookahead,
        "dls": dls,
        "etf": etf,
        "mcp": mcp,
        "min-min": min_min,
        "max-min": max_min,
        "sufferage": sufferage,
        "mct": mct,
        "met": met,
        "olb": olb,
        "first-come": first_come,
        "dsc": dsc,
        "tds": tds,
    }
)
