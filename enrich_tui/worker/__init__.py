"""The child process that runs stages."""
