"""The text on screen: engines that read pictures, what is kept of their reading, and headings for chapters."""
