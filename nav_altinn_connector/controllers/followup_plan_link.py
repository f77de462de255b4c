from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.nav_followup_plan import AGREED
from ..models.nav_followup_plan_participation import PATH
from ..models.plain_words import in_language_of
from .limiter import Limiter

# In the limiter's time, more than any person needs. Who has a good link is counted by the plan and
# not by the address: behind a proxy many people may have the same one, and whoever guesses there
# must not shut out the others.
MOST_REQUESTS = 60
MOST_WRONG = 10
LONGEST_TOKEN = 1000

GOOD, WRONG = Limiter(MOST_REQUESTS), Limiter(MOST_WRONG)


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
    def answer(self, token="", action="read", comment=None, seen="", **_parameters):
        plan = self._plan(token)
        # A file is no comment, and PostgreSQL has no sign for nothing in its texts.
        comment = comment.replace("\x00", "") if isinstance(comment, str) else None
        limiter, key = (GOOD, plan.id) if plan else (WRONG, request.httprequest.remote_addr)
        if limiter.is_over(key):
            return self._page("nav_altinn_connector.plan_link_wait", {}, status=429)
        limiter.count(key)
        if not plan:
            return self._page("nav_altinn_connector.plan_link_ended", {}, status=404)
        plan = in_language_of(plan.company_id, plan)
        plan._employee_has_read()
        problem = self._take(plan, action, comment, seen)
        values = {
            "plan": plan,
            "token": token,
            "seen": plan._seal(AGREED),
            "comment": comment if problem else plan.employee_comment,
            "problem": problem,
            "done": not problem and action,
        }
        return self._page("nav_altinn_connector.plan_link_page", values, lang=plan.env.lang)

    def _take(self, plan, action, comment, seen):
        """Take the answer of a form.

        :param seen: the seal of the plan that the form was shown with
        :return: why it is not taken, in words, or False
        """
        if action not in ("comment", "confirm"):
            return False
        confirm = action == "confirm"
        to_confirm = confirm and not plan.locked and not plan.employee_confirmed_at
        if to_confirm and seen != plan._seal(AGREED):
            return plan.env._(
                "The plan was changed since you opened this page, so it is not confirmed. Read "
                "it again, then confirm it."
            )
        try:
            written = {} if comment is None else {"employee_comment": comment}
            plan._take_answer(written, confirm=confirm)
        except UserError as error:
            return error.args[0]
        return False

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
