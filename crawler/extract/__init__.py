"""From the bytes of one page to typed facts: pure functions over one parsed tree, no input or output."""
