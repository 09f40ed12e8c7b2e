"""Stores: where the workers of a run put objects, agree on an order of requests, and leave one another letters."""
