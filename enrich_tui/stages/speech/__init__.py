"""Speech: the models, the engine, what is made of the words, and the files that tell them."""
