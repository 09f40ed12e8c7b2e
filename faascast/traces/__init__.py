"""Traces: a run as a file of the Trace Event Format, to be looked at in Perfetto or Chrome's viewer."""

from faascast.traces.file import save_trace

__all__ = ["save_trace"]
