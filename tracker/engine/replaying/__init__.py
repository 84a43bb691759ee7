"""The slow twin: the same figures from the facts alone, from scratch, in the plainest way.

It shares with the rest of the engine only the classes of plans and deals, so a mistake would have to be made twice, in
two ways, to go unseen. `replay` is the whole; each replay_... beside it knows one part of the definitions.
"""
