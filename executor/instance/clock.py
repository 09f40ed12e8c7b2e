"""The host's clocks: the one that all of its processes share, and that of what a thread has used of the CPU. In ns."""

from time import monotonic_ns, thread_time_ns

clock_ns = monotonic_ns
cpu_clock_ns = thread_time_ns
