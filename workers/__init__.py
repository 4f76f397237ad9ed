"""The processes: what runs the jobs, the clock, the door, and who keeps them alive."""
