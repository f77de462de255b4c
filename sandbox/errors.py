"""The error that a handler raises to answer with a service's own error body."""

from aiohttp import web


class ServiceError(Exception):
    """Answer `status` with a JSON `body`, or without a body when it is None."""

    def __init__(
        self,
        status: int,
        body: dict | None = None,
        headers: dict | None = None,
        content_type: str = "application/json",
    ):
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers
        self.content_type = content_type

    def response(self) -> web.Response:
        if self.body is None:
            return web.Response(status=self.status, headers=self.headers)
        return web.json_response(
            self.body, status=self.status, headers=self.headers, content_type=self.content_type
        )
