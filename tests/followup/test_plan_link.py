"""The page for an employee without a user: open to all who have the link, and to nobody else."""

import io
import re
import sys
import threading
from datetime import timedelta

import pytest
from lxml import html

from tests.support.log import everything_logged
from tests.support.plan import CONTENT

ADDRESS = "/nav_altinn_connector/plan"
TEXT = "A comment with <b>tags</b> & signs"


@pytest.fixture
def page(plans, monkeypatch):
    """Gives a function that posts to the page as a browser without any session does."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.addons.nav_altinn_connector.controllers import followup_plan_link as link
    from odoo.tools import config

    name = plans.world.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])
    monkeypatch.setattr(link, "GOOD", link.Limiter(link.MOST_REQUESTS))
    monkeypatch.setattr(link, "WRONG", link.Limiter(link.MOST_WRONG))
    plans.write(contribution="answer")

    def post(method="post", address="127.0.0.1", **data):
        client = Client(odoo.http.root)
        call = getattr(client, method)
        return call(ADDRESS, environ_base={"REMOTE_ADDR": address}, data=data or None)

    return post


def new_link(plans):
    """The token of the link, taken from the e-mail."""
    with plans.env() as env:
        env["hr.employee"].browse(plans.employee_id).private_email = "kari@example.com"
        before = env["mail.mail"].search([])
        plan = plans.plan(env).with_user(plans.manager_id)
        plan.action_ask_employee()
        mail = env["mail.mail"].search([]) - before
        [token] = set(re.findall(rf"{ADDRESS}#([\w-]+)", mail.body_html))
    return token


def seal(answer):
    """What the page says about the plan that it shows."""
    return html.fromstring(answer.get_data()).find(".//input[@name='seen']").get("value")


def words(answer):
    return html.fromstring(answer.get_data()).find(".//main").text_content()


def test_the_page_holds_nothing_before_the_token_is_posted(plans, page):
    answer = page("get")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    for text in CONTENT.values():
        assert str(text) not in answer.get_data(as_text=True) or text is True or text == "yes"


def test_headers(plans, page):
    for answer in (page("get"), page(token=new_link(plans)), page(token="x")):
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self';" in policy
        assert "Set-Cookie" not in answer.headers
        assert "noindex" in answer.get_data(as_text=True)


def test_reading(plans, page):
    answer = page(token=new_link(plans))
    assert answer.status_code == 200
    assert CONTENT["planned_facilitation"] in words(answer)
    assert plans.read("employee_read_at")
    assert not plans.read("employee_confirmed_at")


def test_commenting_and_confirming(plans, page):
    token = new_link(plans)
    # Nothing is no comment, and would be told as one.
    assert "required=" in page(token=token).get_data(as_text=True)
    answer = page(token=token, action="comment", comment=TEXT)
    assert "required=" not in answer.get_data(as_text=True)
    assert plans.read("employee_comment", "employee_confirmed_at") == (TEXT, False)
    answer = page(token=token, action="confirm", comment=TEXT, seen=seal(page(token=token)))
    assert "<b>tags" not in answer.get_data(as_text=True)
    confirmed = plans.read("employee_confirmed_at")
    assert confirmed
    assert plans.read("employee_has_contributed_to_plan") is True
    assert plans.send() is True
    [arrived] = plans.sandbox.plans()
    assert arrived.body["employeeHasContributedToPlan"] is True
    assert TEXT not in str(arrived.body)


def test_a_comment_that_no_browser_sends(plans, page):
    token = new_link(plans)
    assert page(token=token, action="comment", comment="In\x00side").status_code == 200
    assert plans.read("employee_comment") == "Inside"
    for malformed in ((io.BytesIO(b"x"), "a.txt"), "y" * 20_001):
        assert page(token=token, action="comment", comment=malformed).status_code == 200
    assert page(token=(io.BytesIO(token.encode()), "a.txt")).status_code == 404
    assert plans.read("employee_comment") == "Inside"


def test_confirming_again_changes_nothing(plans, page):
    token = new_link(plans)
    page(token=token, action="confirm", comment="", seen=seal(page(token=token)))
    first = plans.read("employee_confirmed_at", "write_date")
    assert first[0]
    assert page(token=token, action="confirm", comment="").status_code == 200
    assert plans.read("employee_confirmed_at", "write_date") == first


def test_only_the_comment_can_be_written(plans, page):
    token = new_link(plans)
    forged = {"typical_workday": "Other", "state": "sent", "contribution": "yes"}
    page(token=token, action="confirm", comment="", seen=seal(page(token=token)), **forged)
    assert plans.read("employee_confirmed_at")
    assert plans.read("contribution") == "answer"
    assert plans.read("typical_workday") == CONTENT["typical_workday"]
    assert plans.read("state") == "draft"


def test_after_sending_it_can_only_be_read(plans, page):
    token = new_link(plans)
    page(token=token, action="confirm", comment="First", seen=seal(page(token=token)))
    assert plans.send() is True
    answer = page(token=token, action="comment", comment="Later")
    assert answer.status_code == 200
    assert CONTENT["planned_facilitation"] in words(answer)
    assert plans.read("employee_comment") == "First"


def test_only_what_was_shown_is_confirmed(plans, page):
    token = new_link(plans)
    seen = seal(page(token=token))
    plans.write(planned_facilitation="Night shifts")
    for wrong in (seen, "", "x"):
        answer = page(token=token, action="confirm", comment="Not lost", seen=wrong)
        assert not plans.read("employee_confirmed_at")
        assert "Night shifts" in words(answer)
        assert "Not lost" in words(answer)
    page(token=token, action="confirm", comment="", seen=seal(answer))
    assert plans.read("employee_confirmed_at")


def test_markup_is_text(plans, page):
    bad = "</textarea></p><script>alert(1)</script>{{ 7*7 }}"
    texts = [name for name in CONTENT if name not in ("evaluation_date", "contribution")]
    plans.write(**{name: bad for name in texts if not name.startswith("send_")})
    with plans.env() as env:
        env["hr.employee"].browse(plans.employee_id).name = bad
        env["nav.sick.case"].browse(plans.case_id).company_id.name = bad
    token = new_link(plans)
    page(token=token, action="comment", comment=bad)
    answer = page(token=token).get_data(as_text=True)
    assert "<script>alert" not in answer
    assert answer.count("&lt;script&gt;alert(1)") >= len(texts) - 2
    assert "49" not in answer.replace("7*7", "")


def test_looking_confirms_nothing(plans, page):
    """As the scanners of mail systems do, also those that run scripts and follow forms."""
    token = new_link(plans)
    for method in ("get", "head", "options"):
        page(method, token=token, action="confirm")
    page(token=token)
    page(token=token, action="read")
    assert plans.read("employee_confirmed_at", "employee_comment") == (False, False)


def test_an_older_link_does_not_work(plans, page):
    old = new_link(plans)
    new = new_link(plans)
    assert page(token=old, action="confirm", comment="").status_code == 404
    assert not plans.read("employee_confirmed_at")
    assert page(token=new).status_code == 200


def test_a_link_that_has_ended(plans, page):
    for why in ("expired", "revoked", "deleted", "archived"):
        plans.plan_id = plans.new_plan()
        token = new_link(plans)
        assert page(token=token).status_code == 200
        with plans.env() as env:
            plan = plans.plan(env)
            if why == "expired":
                plan.link_expires_at -= timedelta(days=15)
            elif why == "revoked":
                plan.action_revoke_link()
            elif why == "archived":
                plan.employee_id.active = False
            else:
                plan.unlink()
        answer = page(token=token, action="confirm", comment="")
        assert (why, answer.status_code) == (why, 404)
        assert words(answer) == words(page(token="anything"))


def test_the_signature_expires_by_itself(plans, page, monkeypatch):
    """Also where the date in the database were moved."""
    from odoo.addons.nav_altinn_connector.models import nav_followup_plan_participation as module

    monkeypatch.setattr(module, "LINK_LIVES", timedelta(seconds=-1))
    token = new_link(plans)
    with plans.env() as env:
        plans.plan(env).link_expires_at = "2099-01-01"
    assert page(token=token).status_code == 404


def test_forged(plans, page):
    token = new_link(plans)
    other = plans.new_plan()
    for wrong in (
        "",
        "x",
        token[:-1],
        token + "A",
        token[:20] + ("B" if token[20] != "B" else "C") + token[21:],
        "%00",
        "æøå",
    ):
        assert page(token=wrong, address=f"127.0.1.{len(wrong) % 250}").status_code == 404, wrong
    with plans.env() as env:
        from odoo.tools import hash_sign

        signed = hash_sign(env, "another scope", [other, "secret"], expiration_hours=1)
    assert page(token=signed).status_code == 404
    assert not plans.read("employee_read_at")


def test_whoever_tries_too_often_waits(plans, page):
    from odoo.addons.nav_altinn_connector.controllers import followup_plan_link as link

    token = new_link(plans)
    codes = [page(token="wrong").status_code for _each in range(link.MOST_WRONG + 2)]
    assert codes == [404] * link.MOST_WRONG + [429, 429]
    assert page(token="wrong", address="127.0.0.2").status_code == 404
    # Behind the same proxy sits somebody with a good link.
    codes = [page(token=token).status_code for _each in range(link.MOST_REQUESTS + 1)]
    assert codes == [200] * link.MOST_REQUESTS + [429]


def test_the_limit_forgets_and_stays_small(monkeypatch):
    from odoo.addons.nav_altinn_connector.controllers import limiter as module

    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module, "MOST_KEYS", 3)
    limiter = module.Limiter(2)
    for address in ("a", "a", "b", "c", "d"):
        limiter.count(address)
    assert not limiter.is_over("a"), "the oldest address is forgotten"
    limiter.count("d")
    assert limiter.is_over("d")
    now[0] += module.WINDOW + 1
    assert not limiter.is_over("d")


def test_the_limit_is_shared_by_threads():
    from odoo.addons.nav_altinn_connector.controllers.limiter import Limiter

    limiter, errors, interval = Limiter(60), [], sys.getswitchinterval()

    def come_by():
        try:
            for _time in range(500):
                limiter.count("a")
                limiter.is_over("a")
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=come_by) for _each in range(4)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not errors
    assert limiter.is_over("a")


def test_nothing_is_logged(plans, page):
    token = new_link(plans)
    with everything_logged() as log:
        page(token=token)
        page(token=token, action="confirm", comment="A very private comment")
        page(token=token[:-1])
    assert token[:-1] not in log.text
    assert "private comment" not in log.text
    assert CONTENT["planned_facilitation"] not in log.text
    assert "kari@example.com" not in log.text
