"""The dashboard's widgets, for other Textual apps."""
