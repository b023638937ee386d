"""Finding sessions in a folder; one module a source layout."""
