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

/** The columns for a contact's hint, and for its button, are there while a row has one. */
class ToCompleteListRenderer extends listView.Renderer {
    getActiveColumns() {
        const some = (name) =>
            this.props.list.records.some((record) => record.data[name]);
        return super.getActiveColumns().filter((column, index, columns) => {
            const isButton = column.type === "button_group" && index;
            const hint = isButton ? columns[index - 1].name : column.name;
            const [, contact] = /^contact_kpi_(.+)_hint$/.exec(hint) || [];
            return (
                !contact || some(isButton ? `contact_kpi_can_correct_${contact}` : hint)
            );
        });
    }
}

registry.category("views").add("contact_kpi_to_complete_list", {
    ...listView,
    Model: ToCompleteListModel,
    Renderer: ToCompleteListRenderer,
});
