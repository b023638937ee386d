"""Classification, circuit breaker, back-off, and words for people."""
