import { Component } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Marks nearer than this, in percent of the width, are put into another row.
const NEAR = 4;
const ROWS = 3;
const AXIS_LABELS = 7;

const ICONS = {
    milestone: "fa-flag-o",
    done: "fa-check-circle",
    skipped: "fa-ban",
    not_required: "fa-ban",
    entry: "fa-comments-o",
    plan: "fa-file-text-o",
};
const COLOURS = {
    active: "text-warning",
    overdue: "text-danger",
    done: "text-success",
    entry: "text-info",
    plan: "text-primary",
};

function days(from, to) {
    return Math.round(deserializeDate(to).diff(deserializeDate(from), "days").days);
}

/**
 * The picture of a sick leave: a bar for each stretch, as high as its degree, above a line of time
 * with milestones, plans, conversations and today. The same is there as text, for those who do not
 * see it.
 */
export class CaseTimeline extends Component {
    static template = "nav_altinn_connector.CaseTimeline";
    static props = { ...standardFieldProps };

    get data() {
        return this.props.record.data[this.props.name];
    }

    /** Of the milestones after the end of the notes only those soon after: the notes need room. */
    get marks() {
        const { marks, first, last, today, open } = this.data;
        const until = open && today > last ? today : last;
        const room = open ? Math.max(14, days(first, until) / 3) : 0;
        return marks.filter((mark) => mark.stage === "settled" || days(until, mark.day) <= room);
    }

    get span() {
        const { first, last, today, open, stretches } = this.data;
        const ends = [last, ...stretches.map((one) => one.to), ...this.marks.map((one) => one.day)];
        const begins = [first, ...stretches.map((one) => one.from)];
        if (open) {
            ends.push(today);
        }
        begins.push(...this.marks.map((one) => one.day));
        const from = begins.sort()[0];
        const to = ends.sort()[ends.length - 1];
        return { from, to, days: days(from, to) + 1 };
    }

    place(day) {
        return (100 * days(this.span.from, day)) / this.span.days;
    }

    get bars() {
        return this.data.stretches.map((one, key) => ({
            ...one,
            key,
            label: one.degree ? `${one.degree} %` : one.words,
            style:
                `left: ${this.place(one.from)}%;` +
                `width: ${(100 * (days(one.from, one.to) + 1)) / this.span.days}%;` +
                `height: ${one.degree || 12}%;`,
            title: `${one.days}: ${one.words}`,
        }));
    }

    get flags() {
        const ends = new Array(ROWS).fill(-Infinity);
        return this.marks.map((mark) => {
            const left = this.place(mark.day) + 50 / this.span.days;
            let row = ends.findIndex((end) => left - end >= NEAR);
            if (row < 0) {
                row = ends.indexOf(Math.min(...ends));
            }
            ends[row] = left;
            const settled = mark.stage === "settled";
            const icon = settled ? mark.state : mark.type;
            return {
                ...mark,
                icon: ICONS[icon],
                colour: COLOURS[settled ? mark.state : mark.stage] || "text-muted",
                style: `left: ${left}%; top: ${row * 1.4}rem;`,
                title: [mark.date, mark.name, mark.words].filter(Boolean).join(", "),
            };
        });
    }

    get axis() {
        const { from, to } = this.span;
        const end = deserializeDate(to);
        let day = deserializeDate(from).startOf("month");
        const months = [];
        while (day <= end) {
            if (day.toISODate() >= from) {
                months.push(day);
            }
            day = day.plus({ months: 1 });
        }
        const every = Math.ceil(months.length / AXIS_LABELS) || 1;
        return months.map((month, number) => ({
            key: month.toISODate(),
            label: number % every ? "" : month.toFormat("LLL yy"),
            style: `left: ${this.place(month.toISODate())}%;`,
        }));
    }

    get todayStyle() {
        return `left: ${this.place(this.data.today) + 50 / this.span.days}%;`;
    }

    get todayIsShown() {
        const { today } = this.data;
        return today >= this.span.from && today <= this.span.to;
    }

    get label() {
        return _t("Timeline of the sick leave");
    }
}

registry.category("fields").add("nav_case_timeline", {
    component: CaseTimeline,
    displayName: _t("Timeline of a Sick Leave"),
    supportedTypes: ["json"],
});
