"""Where the master list comes from (a file, an https address, a directory of files), read whole or not at all."""
