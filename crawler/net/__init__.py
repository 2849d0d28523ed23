"""What keeps others and us safe while fetching: addresses, scope, robots, pace, hostile bodies, the browser."""
