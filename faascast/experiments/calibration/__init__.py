"""From recorded runs to the figures of the platform they ran on, and of the tasks that they ran."""
