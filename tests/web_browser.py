"""A browser for tests of the pages: keeps cookies, fills in what a form hides, goes where it is sent only when told."""

import re
from dataclasses import dataclass

from werkzeug.test import Client, TestResponse

PASSWORD = "correct horse battery staple"
SITE = "https://flagging.example"


@dataclass
class Browser:
    """One browser."""

    client: Client
    site: str = SITE
    address: str = "192.0.2.7"

    def get(self, path: str, **options) -> TestResponse:
        return self._open(path, method="GET", **options)

    def post(self, path: str, form_at: str | None = None, **fields: str) -> TestResponse:
        """Send a form with the hidden token of the page `form_at`, or of the same path."""
        return self.send(path, csrf_token=self.token(form_at or path), **fields)

    def send(self, path: str, **fields: str) -> TestResponse:
        """Send just these fields, as somebody would who forges a form."""
        return self._open(path, method="POST", data=fields)

    def token(self, path: str) -> str:
        """The token that the form on a page of ours carries."""
        return re.search(r'name="csrf_token" value="([^"]+)"', self.get(path, follow_redirects=True).text)[1]

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", username=username, password=password)

    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.client._cookies.values()}

    def _open(self, path: str, **options) -> TestResponse:
        return self.client.open(path, base_url=self.site, environ_overrides={"REMOTE_ADDR": self.address}, **options)
