"""The states of tasks as they are now, to be asked from any thread.

follower   keeps them up to date in a process that is no worker, by a `replica` of each partition
states     asks them: the entity's, at least as new as a given record
status     how a follower is doing
errors     why a state cannot be asked
"""
