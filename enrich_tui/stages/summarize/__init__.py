"""An extractive summary: the session's own sentences, weighed against each other. No model, no network."""
