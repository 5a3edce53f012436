import {registry} from "@web/core/registry";
import {listView} from "@web/views/list/list_view";

/**
 * Reload after an inline edit: a saved row stays on screen as long as nobody
 * asks the list's domain again, and here a completed customer must leave.
 */
class ToCompleteListController extends listView.Controller {
    async onRecordSaved(record) {
        await super.onRecordSaved(...arguments);
        await record.model.load();
    }
}

registry.category("views").add("contact_kpi_to_complete_list", {
    ...listView,
    Controller: ToCompleteListController,
});
