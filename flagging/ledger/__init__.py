"""The ledger: the record of every lookup and act for good, drained from the spools, and what is asked of it.

Owns the database, the chain that shows any change to it, searching, erasing what is too old, and receipts.
"""
