"""A database that a test has changed is as it was for the next one."""

from contextlib import closing

import pytest

from tests.support import database


def content(name):
    """All that a database holds: the rows of each table, and where the sequences stand."""
    import odoo.sql_db

    found = {}
    with closing(odoo.sql_db.db_connect(name).cursor()) as cr:
        cr.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname !~ '^(pg|sql)_'")
        for (table,) in cr.fetchall():
            cr.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
            found[table] = cr.fetchone()
        cr.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return found | {"sequences": cr.fetchall()}


def execute(world, *statements):
    with world.env() as env:
        for statement in statements:
            env.cr.execute(statement)


@pytest.fixture
def copied(monkeypatch):
    """The names of the databases that were made anew."""
    made = []

    def copy_database(source, name):
        made.append(name)
        original(source, name)

    original = database.copy_database
    monkeypatch.setattr(database, "copy_database", copy_database)
    return made


# Each alone must be seen: more rows, fewer, as many but others, and a number that was taken.
CHANGES = {
    "inserted": ["INSERT INTO res_partner_category (name, color) VALUES ('{}', 1)"],
    "deleted": ["DELETE FROM ir_config_parameter WHERE key = 'database.uuid'"],
    "updated": ["UPDATE hr_employee SET name = 'Other'"],
    "replaced": [
        "DELETE FROM resource_calendar_attendance WHERE id = (SELECT max(id) FROM"
        " resource_calendar_attendance)",
        "INSERT INTO resource_calendar_attendance (name, dayofweek, hour_from, hour_to,"
        " day_period, calendar_id) SELECT '{}', '0', 8, 12, 'morning', max(id)"
        " FROM resource_calendar",
    ],
    "inherited": [
        "UPDATE ir_act_server SET usage = usage WHERE id = (SELECT min(id) FROM ir_act_server)",
        "UPDATE ir_actions SET path = 'other' WHERE id = (SELECT max(id) FROM ir_act_report_xml)",
    ],
    "numbered": ["SELECT nextval('nav_connection_id_seq')"],
    "updated again": ["UPDATE hr_employee SET name = 'Other'"],
}
# What is no change of rows.
OTHERS = {
    "more columns": "ALTER TABLE nav_connection ADD COLUMN other integer",
    "fewer columns": "ALTER TABLE nav_connection DROP COLUMN name",
    "index": "DROP INDEX nav_exchange__company_id_index",
}


def test_set_back_by_its_tables(world, copied):
    kept = content(world.database.kept)
    for name, statements in CHANGES.items():
        execute(world, *statements)
        assert content(world.database.name) != kept, name
        world.database.restore()
        assert content(world.database.name) == kept, name
    assert not copied


def test_made_anew_when_more_than_rows_has_changed(world, copied):
    kept = content(world.database.kept)
    for number, (name, statement) in enumerate(OTHERS.items(), 1):
        execute(world, statement, "UPDATE hr_employee SET name = 'Other'")
        world.database.restore()
        assert copied == [world.database.name] * number, name
        assert content(world.database.name) == kept, name
