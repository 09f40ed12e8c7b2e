"""The worker and client machines: events in, instructions out; standard library and msgspec only."""
