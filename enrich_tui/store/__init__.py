"""What is kept on disk: result files, the record of what was made from what, history."""
