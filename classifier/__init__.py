"""From a listing to an assessment: pure, no I/O while assessing."""
