# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from .nav_sick_note import HR

# Below all of NAV's running numbers, which begin at 0: a note from NAV decides the days that it
# shares with one that was entered by hand, whichever came first (R2, R5). Among themselves, the one
# entered last decides. Small enough for JavaScript's integers.
BELOW_NAV = -(2**40)


class NavSickNote(models.Model):
    """Sick notes that HR enters: on paper, from a hospital, or one that NAV's system has lost.

    Such a note is what one from NAV is, save for its source: time off, follow-up and messages
    follow from it. It is never changed. A correction is a new note, and the old one is withdrawn,
    so that what was known when remains to be seen.
    """

    _inherit = "nav.sick.note"

    source = fields.Selection(
        [("nav", "NAV"), ("manual", "Entered by HR")],
        default="nav",
        required=True,
        readonly=True,
        index=True,
        help="Who has brought the note into Odoo.",
    )
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, groups=HR)
    corrects_id = fields.Many2one(
        "nav.sick.note",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups=HR,
        help="The note entered by hand before, which this one has taken the place of.",
    )

    @api.model
    def _enter(self, connection, employee, periods, corrects=None, **content):
        """Store a note that a person has entered, and apply it.

        :param connection: says what its days become, and to which company it belongs
        :param periods: values for ``nav.sick.note.period``
        :param corrects: a note entered before, which is withdrawn in the same breath
        :param content: more values, such as the doctor's name
        :return: the note
        :raises UserError: when it could not become time off; nothing is stored then
        """
        note = (
            self.sudo()
            .with_context(mail_create_nosubscribe=True, mail_create_nolog=True)
            .create(
                {
                    "connection_id": connection.id,
                    "employee_id": employee.id,
                    "nav_id": f"manual-{uuid.uuid4()}",
                    "source": "manual",
                    "entered_by_id": self.env.uid,
                    "person_name": employee.sudo().name,
                    "received_by_nav": False,
                    "period_ids": [fields.Command.create(vals) for vals in periods],
                    **content,
                }
            )
        )
        note.loepenr = BELOW_NAV + note.id
        note._message_log(body=self.env._("Entered by hand."), author_id=self._author_id())
        if corrects:
            note._take_the_place_of(corrects.sudo())
        note._apply()
        if note.state == "failed":
            raise UserError(note.failure_reason)
        return note

    def _author_id(self):
        return self.env.user.partner_id.id

    def _take_the_place_of(self, old):
        """Withdraw the note that this one corrects; both are decided together afterwards."""
        if old.source != "manual" or old.state == "withdrawn":
            raise UserError(self.env._("Only a sick note entered by hand can be corrected here."))
        if old.employee_id != self.employee_id:
            raise UserError(
                self.env._(
                    "A correction keeps the employee. Withdraw the note, and enter another one."
                )
            )
        old.write({"state": "withdrawn", "waiting_reason": False})
        old._restore_replaced()
        old._message_log(body=self.env._("Withdrawn: a correction was entered."))
        self.corrects_id = old

    def _read_anew(self):
        """What a person has entered is complete: nothing is fetched, it is tried again as it is."""
        if self.source != "manual":
            return super()._read_anew()
        self.write({"state": "received", "failure_reason": False})
        return None

    def _fetch_again(self):
        return None if self.source == "manual" else super()._fetch_again()

    def _document(self):
        """NAV has no document of a note that it did not send."""
        self.ensure_one()
        self.check_access("read")
        if self.source == "manual":
            raise UserError(
                self.env._(
                    "This sick note was entered by hand; its document is among the messages."
                )
            )
        return super()._document()

    def _match_one(self, candidates, audience, included):
        """Whose note it is, a person has said, who may enter it for anybody."""
        if self.source == "manual":
            return self.employee_id, None
        return super()._match_one(candidates, audience, included)

    def action_open_entry(self):
        """Enter a note by hand: a correction of one entered before, or instead of one from NAV
        that cannot be used."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enter a Sick Note"),
            "res_model": "nav.sick.note.entry",
            "view_mode": "form",
            "target": "new",
            "context": {"default_origin_id": self.id},
        }

    # ------------------------------------------------------------------ scans

    def _scans(self):
        """The documents that were kept with the notes when they were entered."""
        if not self:
            return self.env["ir.attachment"].sudo()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
