import time
from collections import OrderedDict, deque

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.nav_followup_plan_participation import PATH
from ..models.plain_words import in_language_of

# Requests from one address, in seconds: more than any person needs. Each worker counts for itself,
# as Odoo does for logins.
WINDOW = 600
MOST_REQUESTS = 60
MOST_WRONG = 10
MOST_ADDRESSES = 10_000
LONGEST_TOKEN = 1000


class Limiter:
    """How often an address has come by lately.

    :param most: this many within :data:`WINDOW` seconds are let through
    """

    def __init__(self, most):
        self.most = most
        self._seen = OrderedDict()

    def is_over(self, address):
        """Whether the address has had its share."""
        times = self._seen.get(address, ())
        return sum(moment > time.monotonic() - WINDOW for moment in times) >= self.most

    def count(self, address):
        times = self._seen.setdefault(address, deque(maxlen=self.most))
        times.append(time.monotonic())
        self._seen.move_to_end(address)
        while len(self._seen) > MOST_ADDRESSES:
            self._seen.popitem(last=False)


ALL, WRONG = Limiter(MOST_REQUESTS), Limiter(MOST_WRONG)


class FollowupPlanLink(http.Controller):
    """The page on which an employee without a user reads a follow-up plan, comments, and confirms.

    The link's token stands behind the ``#`` of the address, which browsers send to nobody: so it
    is in no log, and no page that is visited afterwards gets it. A small script on the page posts
    it. The answer to a wrong token is the same for all that can be wrong with it.
    """

    @http.route(
        PATH, type="http", auth="public", methods=["GET"], sitemap=False, save_session=False
    )
    def open(self, **_parameters):
        return self._page("nav_altinn_connector.plan_link_open", {})

    @http.route(
        PATH,
        type="http",
        auth="public",
        methods=["POST"],
        # The token is what allows it; a session counts for nothing here.
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def answer(self, token="", action="read", comment=None, **_parameters):
        address = request.httprequest.remote_addr
        if ALL.is_over(address) or WRONG.is_over(address):
            return self._page("nav_altinn_connector.plan_link_wait", {}, status=429)
        ALL.count(address)
        plan = self._plan(token)
        if not plan:
            WRONG.count(address)
            return self._page("nav_altinn_connector.plan_link_ended", {}, status=404)
        plan = in_language_of(plan.company_id, plan)
        plan._employee_has_read()
        problem = done = False
        if action in ("comment", "confirm"):
            try:
                written = {} if comment is None else {"employee_comment": comment}
                plan._take_answer(written, confirm=action == "confirm")
                done = action
            except UserError as error:
                problem = error.args[0]
        values = {"plan": plan, "token": token, "problem": problem, "done": done}
        return self._page("nav_altinn_connector.plan_link_page", values, lang=plan.env.lang)

    def _plan(self, token):
        plans = request.env["nav.followup.plan"]
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
            return plans
        return plans._by_link(token)

    def _page(self, template, values, status=200, lang=None):
        if lang:
            request.update_context(lang=lang)
        response = request.render(template, {"path": PATH, **values})
        response.status_code = status
        response.headers.update(
            {
                "Cache-Control": "no-store, private",
                "Referrer-Policy": "no-referrer",
                "X-Robots-Tag": "noindex, nofollow, noarchive",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src "
                "'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri "
                "'none'",
            }
        )
        return response
