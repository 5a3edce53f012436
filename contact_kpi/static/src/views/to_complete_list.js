import {registry} from "@web/core/registry";
import {listView} from "@web/views/list/list_view";

/**
 * A saved row stays on screen as long as nobody asks the list's domain again,
 * and here a completed customer must leave. Taken out in place, after the row
 * was left: reloading the list would throw away the next row's edit. But one that
 * can be corrected stays, so that whoever typed it is told.
 */
const canBeCorrected = (data) =>
    data.contact_kpi_can_correct_phone || data.contact_kpi_can_correct_email;

const withoutClosed = (List) =>
    class extends List {
        async leaveEditMode() {
            const record = this.editedRecord;
            const left = await super.leaveEditMode(...arguments);
            const closed = record && record.data.closed_at;
            if (left && closed && !canBeCorrected(record.data)) {
                this._removeRecords([record.id]);
                if (!this.records.length) {
                    await this.model.load();
                }
            }
            return left;
        }
    };

class ToCompleteListModel extends listView.Model {
    static DynamicRecordList = withoutClosed(listView.Model.DynamicRecordList);
    static DynamicGroupList = withoutClosed(listView.Model.DynamicGroupList);
}

/** Of the columns for hints, the one of a contact is there while a row has a hint. */
class ToCompleteListRenderer extends listView.Renderer {
    getActiveColumns() {
        const hintless = (column) =>
            column &&
            column.name &&
            column.name.endsWith("_hint") &&
            !this.props.list.records.some((record) => record.data[column.name]);
        // Its button stands beside it.
        return super
            .getActiveColumns()
            .filter(
                (column, index, columns) =>
                    !hintless(column) &&
                    !(column.type === "button_group" && hintless(columns[index - 1]))
            );
    }
}

registry.category("views").add("contact_kpi_to_complete_list", {
    ...listView,
    Model: ToCompleteListModel,
    Renderer: ToCompleteListRenderer,
});
