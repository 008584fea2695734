# Keys at a test's own broker: what was rung for, what is done, and the step at which the next worker process dies.
RUNG, DONE, FATE = "simulation:rung", "simulation:done", "simulation:fate"
