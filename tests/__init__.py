"""How faascast is trusted: one folder a room, and the rules of the house as tests."""
