"""Displays without a screen: plain lines, JSON Lines, and the view of a run that all displays share."""
