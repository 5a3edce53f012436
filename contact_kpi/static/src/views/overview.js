import {kanbanView} from "@web/views/kanban/kanban_view";
import {registry} from "@web/core/registry";

// What the cards show at once. All the rest follows in a second request, which may
// read more than counts: comparisons, the sparkline, what other addons add.
const FIRST = [
    "name",
    "code",
    "target_rate",
    "missing_now",
    "missing_rate_now",
    "customers_now",
    "unclassified_now",
    "to_complete_now",
    "my_to_complete_now",
    "declined_now",
    "refused_now",
    "evaluated_at",
    "has_rate",
    "has_runs",
    "on_target",
];

class OverviewModel extends kanbanView.Model {
    async load() {
        await super.load(...arguments);
        if (this.isPartial) {
            this.isPartial = false;
            // Not awaited: the counts are on screen meanwhile.
            this.root.load();
        }
    }

    async _loadUngroupedList(config, cache) {
        if (this.isLoaded) {
            return super._loadUngroupedList(config, cache);
        }
        this.isLoaded = this.isPartial = true;
        const names = Object.keys(config.activeFields);
        const activeFields = Object.fromEntries(
            FIRST.filter((name) => names.includes(name)).map((name) => [
                name,
                config.activeFields[name],
            ])
        );
        const data = await super._loadUngroupedList({...config, activeFields});
        const unknown = Object.fromEntries(names.map((name) => [name, false]));
        data.records = data.records.map((record) => ({...unknown, ...record}));
        return data;
    }
}

registry.category("views").add("contact_kpi_overview", {
    ...kanbanView,
    Model: OverviewModel,
});
