"""The error that a handler raises to answer with a service's own error body."""

from aiohttp import web


class ServiceError(Exception):
    """Answer `status` with a JSON `body`."""

    def __init__(self, status: int, body: dict, headers: dict | None = None):
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers

    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.status, headers=self.headers)
