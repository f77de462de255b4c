"""The guide step by step, as a person without any other right than *NAV: Administrator*."""

import random

import pytest
from lxml import etree

from sandbox.identity_numbers import draw_org_number
from sandbox.server import SandboxServer

from .conftest import ask, pending

STEPS = ("basics", "organisation", "leave_type", "authority", "first_date", "approval", "check")
ADMIN = "nav_altinn_connector.group_nav_admin"


@pytest.fixture
def admin(employer):
    """The id of a user who is NAV administrator and nothing else."""
    with employer.env() as env:
        return make_admin(employer, env, "guide").id


def make_admin(world, env, login):
    return env["res.users"].create(
        {
            "name": f"Kari {login}",
            "login": login,
            "email": f"{login}@example.invalid",
            "company_id": world.ids["company"],
            "company_ids": [(6, 0, [world.ids["company"]])],
            "group_ids": [(6, 0, [env.ref(ADMIN).id])],
        }
    )


@pytest.fixture
def guide(employer, admin):
    """Runs a function on a new connection as the administrator, each time in a transaction of its
    own, and gives what it returned."""
    ids = []

    def run(work, user_id=admin):
        with employer.env(user_id) as env:
            if not ids:
                connection = env["nav.connection"].create(
                    {"name": "Guided", "fetch_hour_from": 0, "fetch_hour_to": 24}
                )
                ids.append(connection.id)
            return work(env["nav.connection"].browse(ids[0]))

    run(lambda connection: connection)
    return run


def refused(run, work):
    """What a step says is missing."""
    from odoo.exceptions import UserError

    with pytest.raises(UserError) as caught:
        run(work)
    return caught.value.args[0]


def go_on(connection, **values):
    connection.write(values)
    connection.action_guide_next()
    return connection.guide_step


def shown(connection):
    """All that the guide's form shows, read as the web client reads it."""
    view = connection.env.ref("nav_altinn_connector.nav_connection_guide")
    arch = etree.fromstring(connection.get_view(view.id)["arch"])
    names = [
        node.get("name")
        for node in arch.iter("field")
        if not any(parent.tag == "field" for parent in node.iterancestors())
    ]
    return connection.web_read({name: {} for name in names})[0]


# ------------------------------------------------------------------ all of it


def test_a_nav_administrator_runs_the_whole_guide(employer, guide):
    sandbox = employer.sandbox

    for name in ("base.group_system", "hr.group_hr_user", "hr_holidays.group_hr_holidays_user"):
        assert not guide(lambda connection, name=name: connection.env.user.has_group(name))
    assert guide(shown)["guide_step"] == "basics"
    assert guide(lambda c: c.maskinporten_client_id.id) == employer.ids["client"]
    assert guide(lambda c: go_on(c, audience="everyone")) == "organisation"
    guide(shown)
    guide(lambda c: c.write({"org_number": f" {sandbox.main_unit[:3]} {sandbox.main_unit[3:]}"}))
    guide(lambda c: c.action_guide_look_up())
    assert guide(shown)["org_advice"]
    assert guide(lambda c: c.unit_ids.mapped("selected")) == [True] * len(sandbox.units)
    guide(lambda c: c.unit_ids[0].write({"selected": False}))
    assert guide(go_on) == "leave_type"
    guide(lambda c: c.write({"leave_type_id": employer.ids["ungraded"]}))
    assert "does not allow graded" in guide(shown)["leave_type_problem"]
    guide(lambda c: c.action_allow_graded())
    assert guide(go_on) == "authority"
    guide(shown)
    assert guide(lambda c: go_on(c, authority_confirmed=True)) == "first_date"
    guide(shown)
    assert guide(lambda c: go_on(c, fetch_from="2020-01-01")) == "approval"
    guide(shown)
    action = guide(lambda c: c.action_connect())
    (request,) = pending(employer)
    assert action == {"type": "ir.actions.act_url", "url": action["url"], "target": "new"}
    assert request.id in action["url"]
    assert "approve with BankID" in guide(shown)["approval_words"]
    sandbox.approve(request.id)
    ask(employer)
    values = guide(shown)
    assert (values["state"], values["guide_step"]) == ("active", "check")
    assert guide(lambda c: len(c.check_ids.filtered(lambda check: check.kind == "unit"))) == 2
    assert guide(lambda c: c.action_open_connection()["res_id"])
    employer.fetch()
    assert employer.notes()
    with employer.env() as env:
        stored = env["nav.sick.note"].search([])
        assert len(stored.unit_id) <= 2


# ------------------------------------------------------------------ what is missing


def test_each_step_says_what_is_missing(employer, guide):
    def step(name, **values):
        guide(lambda c: c.write({"guide_step": name, **values}))
        return refused(guide, go_on)

    client = employer.ids["client"]
    assert "Maskinporten client" in step("basics", maskinporten_client_id=False)
    guide(lambda c: c.write({"maskinporten_client_id": client}))
    assert "departments" in step("basics", audience="departments")
    assert "employees" in step("basics", audience="employees")
    guide(lambda c: c.write({"audience": "everyone"}))
    assert "organisation number" in step("organisation")
    assert "organisation number" in refused(guide, lambda c: c.action_guide_look_up())
    guide(lambda c: c.write({"org_number": employer.sandbox.main_unit}))
    guide(lambda c: c.action_guide_look_up())
    guide(lambda c: c.unit_ids.write({"selected": False}))
    assert "at least one sub-unit" in step("organisation")
    guide(lambda c: c.unit_ids.write({"selected": True}))
    assert "time off type" in step("leave_type", leave_type_id=False)
    assert "does not allow graded" in step("leave_type", leave_type_id=employer.ids["manual"])
    assert "requires allocation" in step("leave_type", leave_type_id=employer.ids["allocated"])
    guide(lambda c: c.write({"leave_type_id": employer.ids["sick"]}))
    assert "let a person who may go on from here" in step("authority")
    guide(lambda c: c.write({"authority_confirmed": True}))
    assert "Ask for the approval in Altinn first" in step("approval")
    assert guide(lambda c: c.guide_step) == "approval"


def test_the_button_says_all_that_is_missing_too(employer, guide):
    """Whoever comes to the button by another way than the guide's."""
    words = refused(guide, lambda c: c.action_connect())
    for phrase in ("organisation number", "time off type"):
        assert phrase in words
    assert not employer.sandbox.requests.of("altinn")


def test_back_and_forth_and_closed_and_opened_nothing_is_lost(employer, guide, admin):
    sandbox = employer.sandbox

    def fill(connection):
        go_on(connection)
        connection.org_number = sandbox.main_unit
        connection.action_guide_look_up()
        connection.unit_ids[0].selected = False
        go_on(connection)
        go_on(connection, leave_type_id=employer.ids["sick"])
        go_on(connection, authority_confirmed=True)
        go_on(connection, fetch_from="2021-03-04")

    def kept(connection):
        names = ("name", "org_number", "org_name", "org_kind", "leave_type_id", "fetch_from")
        names += ("authority_confirmed", "authority_user_id", "authority_on", "audience")
        values = connection.read(names)[0]
        units = connection.unit_ids.sorted("id")
        return values, [(unit.id, unit.org_number, unit.selected) for unit in units]

    guide(fill)
    before = guide(kept)
    assert before[0]["authority_user_id"][0] == admin
    assert before[0]["authority_on"]
    for _step in STEPS:
        guide(lambda c: c.action_guide_back())
    assert guide(lambda c: c.guide_step) == "basics"
    for step in STEPS[1:6]:
        guide(lambda c: c.action_guide_next())
        assert guide(lambda c: c.guide_step) == step
    assert guide(kept) == before
    # Closed on the way, and opened by a colleague.
    guide(lambda c: c.action_guide_back())
    with employer.env() as env:
        other = make_admin(employer, env, "colleague").id
    action = guide(lambda c: c.action_continue_guide(), other)
    view = guide(lambda c: c.env.ref("nav_altinn_connector.nav_connection_guide").id)
    assert (action["res_id"], action["views"]) == (guide(lambda c: c.id), [(view, "form")])
    assert guide(lambda c: shown(c)["guide_step"], other) == "first_date"
    assert guide(kept, other) == before


# ------------------------------------------------------------------ which number


def numbers(count, seed=5):
    rng = random.Random(seed)
    return [draw_org_number(rng) for _each in range(count)]


def look_up(run, number):
    """Type a number and look it up; gives advice, other number, and the sub-units."""

    def work(connection):
        connection.write({"guide_step": "organisation", "org_number": number})
        connection.action_guide_look_up()
        units = connection.unit_ids.filtered("selected")
        return connection.org_advice, connection.org_other_number, set(units.mapped("org_number"))

    return run(work)


def test_which_number_to_use(employer, guide):
    sandbox = employer.sandbox
    main, units = sandbox.main_unit, sandbox.units
    advice, other, ticked = look_up(guide, main)
    assert f"{len(units)} sub-units" in advice
    assert "which is the right one" in advice
    assert (other, ticked) == (False, set(units))

    advice, other, ticked = look_up(guide, units[0])
    assert "Only this one is connected" in advice
    assert sandbox.state.organisations.get(main).name.lower() in advice.lower()
    assert (other, ticked) == (main, {units[0]})
    assert guide(go_on) == "leave_type"

    guide(lambda c: c.action_use_other_number())
    assert guide(lambda c: c.org_number) == main
    assert set(guide(lambda c: c.unit_ids.mapped("org_number"))) == set(units)

    lone, its_sub, empty = numbers(3)
    sandbox.add_organisation(lone, "Ene AS", "AS")
    sandbox.add_organisation(its_sub, "Ene avd", "BEDR", lone)
    sandbox.add_organisation(empty, "Tom AS", "AS")
    for number in (lone, its_sub):
        advice, _other, ticked = look_up(guide, number)
        assert "do the same here: keep this one" in advice
        assert ticked == {its_sub}

    advice, _other, ticked = look_up(guide, empty)
    assert "there is nothing to fetch" in advice
    assert not ticked
    assert "at least one sub-unit" in refused(guide, go_on)


@pytest.mark.parametrize("answer", ["slettedato", "gone"])
def test_a_number_that_cannot_be_used(employer, guide, answer):
    sandbox = employer.sandbox
    sandbox.options.deleted_units = answer
    deleted, unknown = numbers(2, seed=6)
    sandbox.add_organisation(deleted, "Nedlagt AS", "AS")
    sandbox.delete_organisation(deleted)
    words = refused(guide, lambda c: (c.write({"org_number": deleted}), c.action_guide_look_up()))
    assert "is deleted in Enhetsregisteret" in words
    words = refused(guide, lambda c: (c.write({"org_number": unknown}), c.action_guide_look_up()))
    assert f"does not know the organisation number {unknown}" in words
    guide(lambda c: c.write({"org_number": unknown, "guide_step": "organisation"}))
    assert f"does not know the organisation number {unknown}" in refused(guide, go_on)
    from odoo.exceptions import ValidationError

    wrong = unknown[:-1] + str((int(unknown[-1]) + 1) % 10)
    with pytest.raises(ValidationError, match="not a valid organisation number"):
        guide(lambda c: c.write({"org_number": wrong}))


def test_a_register_that_does_not_answer(employer, guide, waits):
    employer.sandbox.faults.add("server_error", "enhetsregisteret", times=None)
    guide(lambda c: c.write({"org_number": employer.sandbox.main_unit}))
    guide(lambda c: c.write({"guide_step": "organisation"}))
    assert "Enhetsregisteret has a fault of its own" in refused(guide, go_on)
    employer.sandbox.faults.clear()
    assert guide(go_on) == "leave_type"
    assert guide(lambda c: len(c.unit_ids)) == len(employer.sandbox.units)


def test_a_public_body_with_a_level_between(employer, guide):
    with SandboxServer(employees=2, units=3, levels=3, seed=4) as sandbox:
        with employer.env() as env:
            employer.client(env).enhetsregisteret_url = sandbox.enhetsregisteret_url
        advice, other, ticked = look_up(guide, sandbox.main_unit)
        assert "other main units below it" in advice
        assert (other, ticked) == (False, set(sandbox.units))
        between = sandbox.state.organisations.main_units(sandbox.main_unit)[0].orgnr
        advice, _other, ticked = look_up(guide, between)
        below = {unit.orgnr for unit in sandbox.state.organisations.sub_units_below(between)}
        assert ticked == below
        advice, other, _ticked = look_up(guide, sorted(below)[0])
        assert other == between


# ------------------------------------------------------------------ authority, leave type


def test_the_authority_holds_for_one_organisation(employer, guide, admin):
    sandbox = employer.sandbox
    guide(lambda c: c.write({"org_number": sandbox.main_unit}))
    guide(lambda c: c.action_guide_look_up())
    guide(lambda c: c.write({"authority_confirmed": True}))
    confirmed = guide(lambda c: (c.authority_user_id.id, c.authority_on))
    assert confirmed[0] == admin and confirmed[1]
    # The same number, written in another way, is the same organisation.
    written = f"{sandbox.main_unit[:3]} {sandbox.main_unit[3:6]} {sandbox.main_unit[6:]}"
    guide(lambda c: c.write({"org_number": written}))
    assert guide(lambda c: (c.authority_user_id.id, c.authority_on)) == confirmed
    assert guide(lambda c: c.org_name)
    guide(lambda c: c.write({"org_number": sandbox.units[0]}))
    values = guide(lambda c: c.read(["authority_confirmed", "authority_user_id", "authority_on"]))
    assert not any(values[0][name] for name in values[0] if name != "id")
    assert not guide(lambda c: c.org_name)
    assert not guide(lambda c: c.unit_ids), "another organisation has other sub-units"
    # Both in one go: confirmed for the new one, and nothing left of the old one.
    guide(lambda c: c.action_guide_look_up())
    guide(lambda c: c.write({"org_number": sandbox.main_unit, "authority_confirmed": True}))
    assert guide(lambda c: (c.authority_user_id.id, c.org_name)) == (admin, False)
    guide(lambda c: c.write({"authority_confirmed": False}))
    assert not guide(lambda c: c.authority_user_id or c.authority_on)


@pytest.mark.parametrize("counting", ["full", "partial"])
def test_a_leave_type_is_opened_for_grades(employer, guide, counting):
    guide(lambda c: c.write({"leave_type_id": employer.ids["ungraded"]}))
    guide(lambda c: c.write({"graded_counting_choice": counting}))
    guide(lambda c: c.action_allow_graded())
    with employer.env() as env:
        leave_type = env["hr.leave.type"].browse(employer.ids["ungraded"])
        assert leave_type.allow_graded
        assert leave_type.is_sick_leave
        assert leave_type.graded_counting == counting
    assert not guide(lambda c: c.leave_type_problem)
    assert "now allows graded absence" in "".join(guide(lambda c: c.message_ids.mapped("body")))
    from odoo.exceptions import AccessError

    with pytest.raises(AccessError):  # by the guide, and in no other way
        guide(lambda c: c.leave_type_id.write({"name": "Mine now"}))


# ------------------------------------------------------------------ the link for a colleague


def send_link(connection, address, note=False):
    action = connection.action_send_link()
    wizard = connection.env["nav.approval.link"].with_context(**action["context"])
    return wizard.create({"email_to": address, "note": note}).action_send()


def prepare(employer, guide):
    def work(connection):
        connection.org_number = employer.sandbox.main_unit
        connection.action_guide_look_up()
        connection.leave_type_id = employer.ids["sick"]
        connection.authority_confirmed = True
        connection.action_connect()

    guide(work)


def test_the_link_is_sent_to_the_access_manager(employer, guide):
    assert "Nothing waits" in refused(guide, lambda c: c.action_send_link())
    prepare(employer, guide)
    with employer.env() as env:
        env["res.lang"]._activate_lang("nb_NO")
        env["res.company"].browse(employer.ids["company"]).partner_id.lang = "nb_NO"
        template = env.ref("nav_altinn_connector.mail_template_approval_link")
        template.with_context(lang="nb_NO").subject = "Godkjenn i Altinn"
    note = "Hilsen <b>Kari</b>"
    action = guide(lambda c: send_link(c, "Leder <Leder@Example.invalid>", note))
    assert "leder@example.invalid" in action["params"]["message"]
    with employer.env() as env:
        (mail,) = env["mail.mail"].search([("email_to", "ilike", "leder@example.invalid")])
        (request,) = pending(employer)
        assert mail.subject == "Godkjenn i Altinn"
        assert request.id in mail.body_html
        assert employer.sandbox.main_unit in mail.body_html
        assert "&lt;b&gt;Kari" in mail.body_html
        assert not mail.recipient_ids
        assert mail.email_from.endswith("<guide@example.invalid>")
        client = employer.client(env)
        for secret in (client.client_id, client.public_jwk, client.current_key_id.kid):
            assert secret not in mail.body_html
        for person in employer.sandbox.employees:
            assert person["fnr"] not in mail.body_html
            assert person["name"] not in mail.body_html
        sent_to = env["nav.system.user.request"].search([]).mapped("sent_to")
        assert sent_to == ["leder@example.invalid"]
    assert "is not an e-mail address" in refused(guide, lambda c: send_link(c, "leder"))
    guide(lambda c: c.action_withdraw_request())
    assert "Nothing waits" in refused(guide, lambda c: c.action_send_link())


def test_the_one_who_asked_is_told_when_a_colleague_has_approved(employer, guide, admin):
    prepare(employer, guide)
    employer.sandbox.approve(pending(employer)[0].id)
    ask(employer)
    with employer.env() as env:
        user = env["res.users"].browse(admin)
        told = env["mail.message"].search([("partner_ids", "in", user.partner_id.ids)])
        assert [message.subject for message in told] == ["Guided is connected to NAV"]
        # What was lost for a while and heals by itself was not asked for.
        connection = env["nav.connection"].search([("name", "=", "Guided")])
        connection.write({"state": "reauthorise", "next_check_at": "2020-01-01"})
    ask(employer)
    with employer.env() as env:
        assert env["nav.connection"].search([("name", "=", "Guided")]).state == "active"
        assert (
            env["mail.message"].search_count([("subject", "=", "Guided is connected to NAV")]) == 1
        )
