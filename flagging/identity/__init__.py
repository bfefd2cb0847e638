"""Who somebody is, in canonical form: names, dates of birth, identifiers. Pure: no input or output, no clock."""
