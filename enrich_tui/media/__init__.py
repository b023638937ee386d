"""Opening, probing and decoding recordings that come from anywhere; in a worker's process only."""
