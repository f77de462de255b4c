from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request


class SickNoteDocument(http.Controller):
    """NAV's PDF of a sick note, passed through to HR and stored nowhere."""

    @http.route(
        "/nav_altinn_connector/sick_note/<int:note_id>/document",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def document(self, note_id, **_parameters):
        note = request.env["nav.sick.note"].browse(note_id).exists()
        if not note:
            raise request.not_found()
        try:
            content = note._document()
        except AccessError:
            # The same answer as for a note that does not exist: ids tell nothing.
            raise request.not_found() from None
        except UserError as error:
            return self._problem(error.args[0])
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", f'inline; filename="sick-note-{note_id}.pdf"'),
                ("Cache-Control", "no-store, private"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    def _problem(self, words):
        response = request.make_response(words, [("Content-Type", "text/plain; charset=utf-8")])
        response.status_code = 502
        return response
