# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models


class HrLeave(models.Model):
    """What Odoo's own e-mails and push messages about a leave show on the outside: no degree,
    neither as such nor by the days that it counts. Odoo names the leave there by its length."""

    _inherit = "hr.leave"

    def _message_compute_subject(self):
        return self._nav_without_degree(super()._message_compute_subject())

    def _notify_by_web_push_prepare_payload(self, message, *args, **kwargs):
        if len(self) != 1:
            return super()._notify_by_web_push_prepare_payload(message, *args, **kwargs)
        kwargs["force_record_name"] = kwargs.get("force_record_name") or self._nav_without_degree(
            self.sudo().display_name
        )
        payload = super()._notify_by_web_push_prepare_payload(message, *args, **kwargs)
        options = payload["options"]
        options["body"] = self._nav_without_degree(options["body"])
        if "absence_degree" in message.sudo().tracking_value_ids.field_id.mapped("name"):
            options["body"] = self.env._("Log in to Odoo to read it.")
        return payload

    def _nav_without_degree(self, text):
        """The text with the length that the leave had if it were not graded."""
        if not text or not self._nav_counts_partially():
            return text
        return text.replace(self.duration_display, self._nav_whole_duration_display())
