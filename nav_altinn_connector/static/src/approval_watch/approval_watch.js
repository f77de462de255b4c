import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// Often at first, when the person who approves is likely to be the one who looks; less often later.
const OFTEN = 5000;
const SELDOM = 30000;
const OFTEN_UNTIL = 5 * 60 * 1000;

/**
 * Keeps a waiting screen up to date: has the server ask Altinn, and reloads the record when there
 * is something new to see. A screen in the background does not ask.
 */
export class ApprovalWatch extends Component {
    static template = "nav_altinn_connector.ApprovalWatch";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ failed: false });
        this.seen = null;
        this.since = Date.now();
        onMounted(() => this.wait(0));
        onWillUnmount(() => {
            this.left = true;
            browser.clearTimeout(this.timer);
        });
    }

    get waits() {
        const { state, change_request_id, first_fetch_state } = this.props.record.data;
        const fetches = ["fetching", "applying"].includes(first_fetch_state);
        return state === "waiting" || Boolean(change_request_id) || (state === "active" && fetches);
    }

    wait(delay) {
        this.timer = browser.setTimeout(() => this.look(), delay);
    }

    async look() {
        const record = this.props.record;
        if (record.resId && this.waits && document.visibilityState === "visible") {
            await this.ask(record);
        }
        if (!this.left) {
            this.wait(Date.now() - this.since < OFTEN_UNTIL ? OFTEN : SELDOM);
        }
    }

    async ask(record) {
        try {
            const found = await this.orm.silent.call("nav.connection", "watch_approval", [
                [record.resId],
            ]);
            this.state.failed = false;
            const news = this.seen !== null && found !== this.seen;
            if (!this.left && (news || this.seen === null) && !(await record.isDirty())) {
                this.seen = found;
                // A button may have put another in its place meanwhile.
                await this.props.record.load();
            }
        } catch {
            // The server may be away for a moment. The next look tells.
            this.state.failed = true;
        }
    }
}

registry.category("view_widgets").add("nav_approval_watch", {
    component: ApprovalWatch,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "change_request_id", type: "many2one" },
        { name: "first_fetch_state", type: "selection" },
    ],
});
