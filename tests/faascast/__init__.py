"""The user's door: experiments, statistics, results and the command line."""
