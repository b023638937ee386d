"""Events from elsewhere than a run of this program: a recorded run, or one that another program works on."""
