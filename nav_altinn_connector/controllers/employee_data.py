from odoo import fields, http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request


class EmployeeData(http.Controller):
    """All that is stored about an employee, for a machine. Kept by nobody."""

    @http.route(
        "/nav_altinn_connector/employee/<int:employee_id>/data.json",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def data(self, employee_id, **_parameters):
        employee = request.env["hr.employee"].browse(employee_id)
        try:
            # Whether there is one is no answer to those who may not ask.
            employee._nav_check_data_access()
            sections = employee._nav_data()
        except AccessError:
            raise request.not_found() from None
        data = {
            "made_at": f"{fields.Datetime.now().isoformat()}Z",
            "sections": [
                {
                    "name": key,
                    "heading": heading,
                    "records": [
                        [
                            {"name": name, "label": label, "value": value}
                            for name, label, value in row
                        ]
                        for row in rows
                    ],
                }
                for key, heading, rows in sections
            ],
        }
        return request.make_json_response(
            data,
            headers={
                "Cache-Control": "no-store, private",
                "X-Content-Type-Options": "nosniff",
                "Content-Disposition": content_disposition(f"employee-{employee_id}.json"),
            },
        )
