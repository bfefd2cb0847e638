"""gunicorn's own log, told in our lines."""

from typing import Any

from gunicorn.glogging import Logger

from flagging.logs import library_formatter


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Processes that begin, end or fail. There is no log of requests: that is the ledger's business."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(library_formatter())
