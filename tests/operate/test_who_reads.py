"""Who reads is written down over HTTP, also where reading runs on a copy that takes no writing."""

import pytest

PASSWORD = "a long enough password"
HERE = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def hr(active, monkeypatch):
    """Gives a function that calls a method as HR, over HTTP."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.tools import config

    active.run_cron()
    name = active.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])
    with active.env() as env:
        env["res.users"].create(
            {
                "name": "Reader",
                "login": "reader",
                "password": PASSWORD,
                "company_id": active.ids["company"],
                "company_ids": [(6, 0, [active.ids["company"]])],
                "group_ids": [
                    (4, env.ref("base.group_user").id),
                    (4, env.ref("nav_altinn_connector.group_nav_hr").id),
                ],
            }
        )
        active.connection(env).log_reading = True
        active.ids["note"] = env["nav.sick.note"].search([("state", "=", "applied")], limit=1).id
    client = Client(odoo.http.root)
    login = {"db": name, "login": "reader", "password": PASSWORD}
    client.post("/web/session/authenticate", json={"params": login}, environ_base=HERE)

    def call(method, *args):
        params = {"model": "nav.sick.note", "method": method, "args": args, "kwargs": {}}
        answer = client.post(
            f"/web/dataset/call_kw/nav.sick.note/{method}",
            json={"params": params},
            environ_base=HERE,
        )
        return answer.json["result"]

    call.client = client
    return call


def written(world):
    with world.env() as env:
        return [
            (line.user_name, line.what, line.record_id, line.how)
            for line in env["nav.access.log"].search([], order="id")
        ]


def read(world, hr):
    note = world.ids["note"]
    [values] = hr("web_read", [note], {"degrees": {}})
    assert values["degrees"]
    assert written(world) == [("Reader", "nav.sick.note", note, "opened")]


def test_a_form_that_is_opened(active, hr):
    read(active, hr)
    read(active, hr)


def test_on_a_copy_that_takes_no_writing(active, hr, monkeypatch):
    import odoo.sql_db

    copy = odoo.sql_db.db_connect(active.database.name, readonly=True)
    monkeypatch.setattr(active.registry, "_db_readonly", copy)
    with active.registry.cursor(readonly=True) as cr:
        assert cr.readonly
    read(active, hr)


def test_the_report_about_an_employee(active, hr):
    """It is asked for by its address, not by RPC."""
    with active.env() as env:
        employee = env["nav.sick.note"].browse(active.ids["note"]).employee_id.id
    assert hr("search_count", [["employee_id", "=", employee]])
    assert not written(active)
    answer = hr.client.get(
        f"/nav_altinn_connector/employee/{employee}/data.json", environ_base=HERE
    )
    assert answer.status_code == 200
    assert ("Reader", "nav.sick.note", active.ids["note"], "report") in written(active)


def test_a_file(active, hr):
    with active.env() as env:
        values = {"name": "scan.txt", "raw": b"x", "res_model": "nav.sick.note"}
        file = env["ir.attachment"].create({**values, "res_id": active.ids["note"]}).id
    assert hr.client.get(f"/web/content/{file}", environ_base=HERE).get_data() == b"x"
    assert written(active) == [("Reader", "nav.sick.note", active.ids["note"], "document")]
