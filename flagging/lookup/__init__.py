"""One lookup, straight down: question → identity → register → matching → policy → disclosure → spool → answer.

`lookups.Lookups.look_up` is the only way to ask the register anything: API, batch and shell all come through it.
Nothing on this path waits for a network.
"""
