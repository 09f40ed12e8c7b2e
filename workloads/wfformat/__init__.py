"""WfFormat, the JSON format of WfCommons for recorded and synthetic workflows: in (1.4–1.6) and out (1.5)."""

from workloads.wfformat.reader import read_wfformat
from workloads.wfformat.writer import to_wfformat, write_wfformat

__all__ = ["read_wfformat", "to_wfformat", "write_wfformat"]
