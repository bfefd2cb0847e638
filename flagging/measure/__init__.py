"""How well people are recognised, measured on labelled files by the code of a lookup. Pure: no clock, no files."""
