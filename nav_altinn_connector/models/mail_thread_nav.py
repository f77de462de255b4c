import json

from odoo import models


class MailThreadNav(models.AbstractModel):
    """How messages about sick leave are sent: on the outside they say that there is something to
    read, and not of whom.

    A push message is shown on locked telephones, and passes through the maker of the browser. Odoo
    sends it at once, also where the transaction is then undone; here it is queued, as e-mails are,
    and leaves after the commit. Where a message is about a record, Odoo names that in the e-mail's
    subject and in the push message; the name of such a record says who is sick and since when, so
    what kind of record it is stands there instead.
    """

    _name = "mail.thread.nav"
    _description = "Sending of Messages about Sick Leave"
    _inherit = "mail.thread"

    def _nav_outside_name(self):
        return self.env["ir.model"]._get(self._name).name

    def _message_compute_subject(self):
        return self._nav_outside_name()

    def message_notify(self, *, subject=False, **kwargs):
        """As always, but for the subject that Odoo gives where there is a record."""
        if self and subject:
            subject = self._nav_outside_name()
        return super().message_notify(subject=subject, **kwargs)

    def _notify_by_web_push_prepare_payload(self, message, msg_vals=False, force_record_name=False):
        if self:
            force_record_name = self._nav_outside_name()
        payload = super()._notify_by_web_push_prepare_payload(
            message, msg_vals=msg_vals, force_record_name=force_record_name
        )
        payload["options"]["body"] = self.env._("Log in to Odoo to read it.")
        return payload

    def _web_push_send_notification(self, devices, *keys, payload=None, **kwargs):
        self.env["mail.push"].sudo().create(
            [
                {"mail_push_device_id": device.id, "payload": json.dumps(payload)}
                for device in devices
            ]
        )
        self.env.ref("mail.ir_cron_web_push_notification").sudo()._trigger()
