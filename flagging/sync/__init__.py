"""From the master list to an edition of the register: read, verify, merge with what was known, publish."""
