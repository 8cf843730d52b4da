"""Both sides of each claim about speed, as commands that anyone can run."""
