"""Recognising a person among the records of the register: candidates, evidence, strength. Pure: no clock, no files."""
