"""Where assessing runs: in this process or in a pool on this machine. The pure function is the same."""
