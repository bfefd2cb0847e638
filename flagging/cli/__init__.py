"""The `flagging` command: one module per group of commands, each a thin skin over what the service does anyway."""

from flagging.cli.main import main

__all__ = ["main"]
