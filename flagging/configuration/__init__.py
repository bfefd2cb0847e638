"""The files of the configuration directory, read once, validated with reasons, passed on as frozen objects."""
