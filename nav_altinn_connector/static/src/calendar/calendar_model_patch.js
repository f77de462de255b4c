import { TimeOffCalendarModel } from "@hr_holidays/views/calendar/calendar_model";
import { patch } from "@web/core/utils/patch";

// The degree and the source stand in the calendar only, and not in the leave's display name: that
// one ends up in the subjects of e-mails.
patch(TimeOffCalendarModel.prototype, {
    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(...arguments);
        if (rawRecord.nav_label) {
            record.title = `${record.title}, ${rawRecord.nav_label}`;
        }
        return record;
    },
});
