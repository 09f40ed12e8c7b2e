"""Pictures: functions that draw a run or several and return matplotlib axes.

Each takes ``ax`` to draw in; without it, it makes a figure of its own. `save` writes the figure to a file.
"""

from faascast.plots.beside import beside
from faascast.plots.causes import causes
from faascast.plots.front import front
from faascast.plots.gantt import gantt
from faascast.plots.heat import heat_lines
from faascast.plots.instances import instances_over_time
from faascast.plots.makespans import makespans
from faascast.plots.style import save
from faascast.plots.validation import causes_compared, predicted_measured

__all__ = [
    "beside",
    "causes",
    "causes_compared",
    "front",
    "gantt",
    "heat_lines",
    "instances_over_time",
    "makespans",
    "predicted_measured",
    "save",
]
