"""What runs: workflows, their file formats and their generators."""

from workloads.builder import WorkflowBuilder
from workloads.csr import Csr
from workloads.demand import Curve, Demand, MemoryTable, PowerLaw
from workloads.errors import MISSING, Fault, InvalidInput
from workloads.fill import FillRules
from workloads.generators import Generator
from workloads.graph import from_networkx, to_networkx
from workloads.maps import MapNode
from workloads.names import Names
from workloads.sources import Source, check_workflow, describe_sources, load_workflow, write_workflow
from workloads.trace import Trace, read_trace
from workloads.wfformat import read_wfformat, write_wfformat
from workloads.width import Around, Between, Counts, Width, read_width
from workloads.workflow import DataObject, Task, Workflow

__all__ = [
    "MISSING",
    "Around",
    "Between",
    "Counts",
    "Csr",
    "Curve",
    "DataObject",
    "Demand",
    "Fault",
    "FillRules",
    "Generator",
    "InvalidInput",
    "MapNode",
    "MemoryTable",
    "Names",
    "PowerLaw",
    "Source",
    "Task",
    "Trace",
    "Width",
    "Workflow",
    "WorkflowBuilder",
    "check_workflow",
    "describe_sources",
    "from_networkx",
    "load_workflow",
    "read_trace",
    "read_wfformat",
    "read_width",
    "to_networkx",
    "write_wfformat",
    "write_workflow",
]
