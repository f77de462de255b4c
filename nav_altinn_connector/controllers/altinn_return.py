from odoo import http
from odoo.http import request


class AltinnReturn(http.Controller):
    """Where Altinn sends the browser after an approval.

    Nothing that comes with the request is read: anybody may open this address, and what happened
    in Altinn is asked of Altinn. The page tells a stranger nothing about any connection.
    """

    @http.route(
        "/nav_altinn_connector/return",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=False,
        multilang=False,
    )
    def come_back(self, **_parameters):
        connection = request.env["nav.connection"]._back_from_altinn()
        response = request.render(
            "nav_altinn_connector.return_page", {"connection": connection, "title": "NAV"}
        )
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["Referrer-Policy"] = "no-referrer"
        if connection and connection._answer_is_near():
            response.headers["Refresh"] = "5"
        return response
