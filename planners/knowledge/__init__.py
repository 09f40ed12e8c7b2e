"""What a planner may know: history and predictors made of it, and the worlds that planners plan in."""
