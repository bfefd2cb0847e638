"""Somebody at a browser, over HTTP: keeps cookies, fills in what a form hides."""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Visitor:
    """Goes to whichever server listens at `port` at the time, as by way of a proxy.

    Keeps cookies by hand: they are `Secure`, and this talks plain http to the loopback port, as a proxy would.
    """

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> str:
        return self.open("GET", path, None)[1]

    def post(self, path: str, form_at: str, **fields: str) -> tuple[int, str]:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form_at))[1]
        return self.open("POST", path, urlencode(fields | {"csrf_token": token}))

    def sign_in(self, username: str, password: str) -> None:
        status, page = self.try_to_sign_in(username, password)
        assert status in (302, 303), page

    def try_to_sign_in(self, username: str, password: str) -> tuple[int, str]:
        return self.post("/sign-in", "/sign-in", username=username, password=password)

    def open(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for each in answer.headers.get_all("Set-Cookie", []):
                name, _, value = each.split(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.read().decode()
        finally:
            connection.close()
