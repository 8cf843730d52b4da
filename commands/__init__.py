"""What people can say, and the door."""
