"""The whole service on one machine, for trying it out: Redis, a synthetic register, first sync, worker, server."""

from flagging.demo.run import run_demo

__all__ = ["run_demo"]
