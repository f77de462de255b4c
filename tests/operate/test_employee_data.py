"""All that is stored about an employee, by its address: for whom it is, and nothing for others."""

import pytest

PASSWORD = "a long enough password"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
GROUPS = {
    "hr": ("base.group_user", "nav_altinn_connector.group_nav_hr"),
    "officer": ("base.group_user", "nav_altinn_connector.group_nav_privacy"),
    "colleague": ("base.group_user",),
}


@pytest.fixture
def ask(active, monkeypatch):
    """Gives a function that asks for an employee's data as one of the users, or as nobody."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.tools import config

    active.run_cron()
    name = active.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])
    with active.env() as env:
        company = active.ids["company"]
        for login, groups in GROUPS.items():
            env["res.users"].create(
                {
                    "name": login,
                    "login": login,
                    "password": PASSWORD,
                    "company_id": company,
                    "company_ids": [(6, 0, [company])],
                    "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
                }
            )

    def ask(login, employee, method="get"):
        client = Client(odoo.http.root)
        if login:
            params = {"db": name, "login": login, "password": PASSWORD}
            client.post("/web/session/authenticate", json={"params": params}, environ_base=HERE)
        address = f"/nav_altinn_connector/employee/{employee}/data.json"
        return getattr(client, method)(address, environ_base=HERE)

    return ask


def test_who_gets_it(active, ask):
    with active.env() as env:
        note = env["nav.sick.note"].search([("state", "=", "applied")], limit=1)
        employee, number, nav_id = note.employee_id.id, note.identity_number, note.nav_id
        stranger = env["hr.employee"].create(
            {"name": "Elsewhere", "company_id": env["res.company"].create({"name": "Other"}).id}
        )
        elsewhere = stranger.id
    for login in ("hr", "officer"):
        answer = ask(login, employee)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        sections = {section["name"]: section["records"] for section in answer.json["sections"]}
        told = [field["value"] for record in sections["nav.sick.note"] for field in record]
        assert {number, nav_id} <= {value for value in told if isinstance(value, str)}
        assert ask(login, employee, "post").status_code == 405
    # One that one may not see, one of another company, one that is not there: the same answer.
    refused = [ask("colleague", employee)]
    refused += [ask("hr", elsewhere), ask("officer", elsewhere), ask("hr", 987654321)]
    refused += [ask("colleague", 987654321)]
    assert {answer.status_code for answer in refused} == {404}
    assert len({answer.get_data() for answer in refused}) == 1
    nobody = ask(None, employee)
    assert nobody.status_code == 303
    assert nobody.headers["Location"].startswith("/web/login")
    assert number not in nobody.get_data(as_text=True)
