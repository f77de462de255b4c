from email.utils import parseaddr

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..models.mail_layout import MAIL_LAYOUT


class NavApprovalLink(models.TransientModel):
    """Send the link to Altinn's approval page to the person who may approve.

    The link is no secret: only an access manager of the organisation gets anywhere with it.
    """

    _name = "nav.approval.link"
    _description = "Send the Link for Approval"

    connection_id = fields.Many2one("nav.connection", required=True, ondelete="cascade")
    email_to = fields.Char("To", required=True, help="The e-mail address of the access manager.")
    note = fields.Text("Your Message")

    def action_send(self):
        """Send the e-mail, and keep on the request to whom it was sent."""
        self.ensure_one()
        connection = self.connection_id
        connection.check_access("write")
        address = email_normalize(parseaddr(self.email_to)[1])
        if not address:
            raise UserError(self.env._("%s is not an e-mail address.", self.email_to))
        link = connection.approval_url or connection.change_url
        if not link:
            raise UserError(self.env._("Nothing waits for approval in Altinn any more."))
        template = self.env.ref("nav_altinn_connector.mail_template_approval_link")
        template.with_context(nav_note=self.note, nav_link=link).sudo().send_mail(
            connection.id,
            email_values={
                "email_to": address,
                "recipient_ids": [],
                "partner_ids": [],
                "email_layout_xmlid": MAIL_LAYOUT,
                "record_company_id": connection.company_id.id,
            },
        )
        asked = connection.approval_request_id
        waiting = asked if asked.status == "new" else connection.change_request_id
        waiting.sudo().sent_to = address
        return connection._notification(
            self.env._("The link was sent to %s.", address), kind="success"
        )
