import { Component } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// All in percent of the picture's width: what an icon takes, and each letter of its name beside it.
const ICON = 4;
const LETTER = 1;
const ROWS = 5;
const ROW_HEIGHT = 1.4;
const AXIS_LABELS = 8;
// Up to this many days the axis shows weeks, then months.
const WEEKS_UNTIL = 120;

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

    /** Where a day begins, in percent of the width. */
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

    /** The marks with their names, in as few rows as hold them. Where there is no room for a name,
     * it is in the mark's title, and in the text below the picture. */
    get flags() {
        const ends = new Array(ROWS).fill(-Infinity);
        return this.marks.map((mark) => {
            const left = this.place(mark.day) + 50 / this.span.days;
            const width = ICON + LETTER * mark.name.length;
            const before = left + width > 100 && left - width > -ICON;
            const [start, end] = before ? [left - width, left + ICON / 2] : [left, left + width];
            let row = ends.findIndex((taken) => start - ICON / 2 >= taken);
            const named = row >= 0 && end <= 100 + ICON;
            if (!named) {
                row = ends.findIndex((taken) => left - ICON / 2 >= taken);
            }
            row = row < 0 ? ends.indexOf(Math.min(...ends)) : row;
            ends[row] = named ? end : left + ICON / 2;
            const settled = mark.stage === "settled";
            const icon = settled ? mark.state : mark.type;
            return {
                ...mark,
                row,
                label: named ? mark.name : "",
                icon: ICONS[icon] || ICONS[mark.type],
                colour: COLOURS[settled ? mark.state : mark.stage] || "text-muted",
                side: before ? "o_nav_timeline_before" : "",
                style: `left: ${left}%; top: ${row * ROW_HEIGHT}rem;`,
                title: [mark.date, mark.name, mark.words].filter(Boolean).join(", "),
            };
        });
    }

    get flagsStyle() {
        const rows = Math.max(0, ...this.flags.map((flag) => flag.row + 1));
        return `height: ${rows * ROW_HEIGHT + 0.3}rem;`;
    }

    get axis() {
        const { from, to } = this.span;
        const unit = this.span.days > WEEKS_UNTIL ? "month" : "week";
        const format =
            unit === "month"
                ? { month: "short", year: "numeric" }
                : { day: "numeric", month: "short" };
        const end = deserializeDate(to);
        let day = deserializeDate(from).startOf(unit);
        const ticks = [];
        while (day <= end) {
            if (day.toISODate() >= from) {
                ticks.push(day);
            }
            day = day.plus({ [unit]: 1 });
        }
        const every = Math.ceil(ticks.length / AXIS_LABELS) || 1;
        return ticks.map((tick, number) => ({
            key: tick.toISODate(),
            label: this.axisLabel(tick, number % every === 0, format),
            style: `left: ${this.place(tick.toISODate())}%;`,
        }));
    }

    /** No label where it would stand beyond the picture's end. */
    axisLabel(tick, wanted, format) {
        const fits = this.place(tick.toISODate()) < 100 - 2 * ICON;
        return wanted && fits ? tick.toLocaleString(format) : "";
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
