import pytest

from flagging.access.rate_limit import RateLimiter
from flagging.setting_values import Rate


@pytest.fixture
def limited_to(service):
    """Limit every caller to so many requests a minute, in a minute that does not pass."""

    def limited_to(count):
        service.swap(limiter=RateLimiter(Rate(count, 60), lambda: 0.0))

    return limited_to
