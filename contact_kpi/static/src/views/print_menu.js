import {_t} from "@web/core/l10n/translation";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {registry} from "@web/core/registry";
import {ACTIONS_GROUP_NUMBER} from "@web/search/action_menus/action_menus";
import {Component} from "@odoo/owl";

const PRINTABLE = ["contact.kpi.gap", "contact.kpi.snapshot", "contact.kpi.follow.up"];

/** What is on screen, handed to the dialog that prints it. */
class PrintMenu extends Component {
    static template = "contact_kpi.PrintMenu";
    static components = {DropdownItem};
    static props = {};

    get filters() {
        return this.env.searchModel.facets
            .filter((facet) => facet.type !== "groupBy")
            .map(({title, values, separator}) => {
                const words = values.join(` ${separator || _t("or")} `);
                return title ? `${title}: ${words}` : words;
            });
    }

    /** Graph and pivot say it themselves; a list has it in its model. */
    get groupBys() {
        const {contactKpiGroupBys, model, searchModel} = this.env;
        if (contactKpiGroupBys) {
            return contactKpiGroupBys();
        }
        return model?.root?.groupBy || searchModel.groupBy;
    }

    async print() {
        // Not by useService: the menu closes, and takes its component along.
        const {orm, action: actionService} = this.env.services;
        const {resModel, domain} = this.env.searchModel;
        const action = await orm.call("contact.kpi.print", "action_open", [
            resModel,
            domain,
            this.groupBys,
            this.filters,
            this.env.config.getDisplayName(),
        ]);
        actionService.doAction(action);
    }
}

registry.category("cogMenu").add(
    "contact-kpi-print",
    {
        Component: PrintMenu,
        groupNumber: ACTIONS_GROUP_NUMBER,
        isDisplayed: ({config, searchModel}) =>
            ["list", "graph", "pivot"].includes(config.viewType) &&
            PRINTABLE.includes(searchModel.resModel),
    },
    {sequence: 5}
);
