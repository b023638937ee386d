"""A summary written by a language model on a server that the user has configured; the transcript is sent to it.

It runs as a coroutine of the parent, which waits more than it computes. What the model answers is outside text: it is
cleaned, bounded, and its times have to be those of the transcript.
"""
