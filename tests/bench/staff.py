"""Employees by the thousand. Odoo takes 20 milliseconds and more for one; these take none."""

from __future__ import annotations


def employ(env, company: int, people: list[tuple[str, str]]) -> list[int]:
    """Make employees on the company's schedule.

    Odoo makes the first; the others are copies of its rows under other ids and names.

    :param people: name and identity number of each
    :return: their ids, in order
    """
    name, number = people[0]
    first = env["hr.employee"].create(
        {"name": name, "company_id": company, "tz": "Europe/Oslo", "identification_id": number}
    )
    env.flush_all()
    env.cr.execute("CREATE TEMP TABLE people (n int, name text, number text)")
    for row, (name, number) in enumerate(people[1:], start=1):
        env.cr.execute("INSERT INTO people VALUES (%s, %s, %s)", (row, name, number))
    contact = copy(env, "people", first.work_contact_id, name="p.name", complete_name="p.name")
    resource = copy(env, "people", first.resource_id, name="p.name")
    employee = copy(
        env,
        "people",
        first,
        name="p.name",
        work_contact_id=f"{contact} + p.n",
        resource_id=f"{resource} + p.n",
        current_version_id="NULL",
    )
    version = copy(
        env,
        "people",
        first.version_id,
        employee_id=f"{employee} + p.n",
        identification_id="p.number",
    )
    env.cr.execute(
        "UPDATE hr_employee SET current_version_id = %s + p.n FROM people p WHERE id = %s + p.n",
        (version, employee),
    )
    env.cr.execute("DROP TABLE people")
    env.invalidate_all()
    return [first.id, *range(employee + 1, employee + len(people))]


def copy(env, rows: str, record, **changes: str) -> int:
    """Copy a record's row once for each row ``p`` of a table, whose ``n`` begins with 1.

    :param rows: the table's name
    :param changes: an SQL expression for each column that is to differ
    :return: the number to which ``p.n`` is added for the id of a copy
    """
    table = record._table
    env.cr.execute(f"SELECT max(id) FROM {table}")
    [base] = env.cr.fetchone()
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
    )
    columns = [column for (column,) in env.cr.fetchall()]
    values = {**{name: f't."{name}"' for name in columns}, **changes, "id": f"{base} + p.n"}
    names = ", ".join(f'"{name}"' for name in values)
    env.cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} "
        f"FROM {table} t, {rows} p WHERE t.id = %s",
        (record.id,),
    )
    env.cr.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
    return base
