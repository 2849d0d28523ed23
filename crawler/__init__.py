"""From the web to a bundle."""
