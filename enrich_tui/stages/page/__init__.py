"""The canvas: everything about a session on one page that needs no network and no server."""
