"""Records to facts to findings. Pure."""
