"""What runs: workflows, their file formats and their generators."""

from workloads.builder import WorkflowBuilder
from workloads.csr import Csr
from workloads.demand import Curve, Demand, MemoryTable, PowerLaw
from workloads.errors import MISSING, Fault, InvalidInput
from workloads.fill import FillRules
from workloads.sources import load_workflow
from workloads.workflow import DataObject, Task, Workflow

__all__ = [
    "MISSING",
    "Csr",
    "Curve",
    "DataObject",
    "Demand",
    "Fault",
    "FillRules",
    "InvalidInput",
    "MemoryTable",
    "PowerLaw",
    "Task",
    "Workflow",
    "WorkflowBuilder",
    "load_workflow",
]
