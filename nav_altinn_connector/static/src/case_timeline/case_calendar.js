import { registry } from "@web/core/registry";
import { CalendarModel } from "@web/views/calendar/calendar_model";
import { calendarView } from "@web/views/calendar/calendar_view";

/** A day of the calendar says what is due on it, not only whose sick leave it is. */
export class CaseCalendarModel extends CalendarModel {
    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(...arguments);
        const words = [rawRecord.employee_id, rawRecord.next_milestone_id]
            .filter(Boolean)
            .map((value) => value.display_name || value[1]);
        record.title = words.join(": ") || record.title;
        return record;
    }
}

registry.category("views").add("nav_case_calendar", { ...calendarView, Model: CaseCalendarModel });
