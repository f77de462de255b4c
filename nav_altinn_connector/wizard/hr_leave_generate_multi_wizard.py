from odoo import models


class HrLeaveGenerateMultiWizard(models.TransientModel):
    """Time off for many employees at once leaves sick leave from NAV alone (R4).

    Odoo makes room by refusing and cutting what lies on the days. Leave from NAV need not make
    room: other time off may lie beside it, and each counts its own days.
    """

    _inherit = "hr.leave.generate.multi.wizard"

    def action_generate_time_off(self):
        self = self.with_context(nav_leave_out=True, nav_count_beside="other")
        return super().action_generate_time_off()
