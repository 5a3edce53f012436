import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** The first minute of a salesperson: from the figure to a completed customer. */
registry.category("web_tour.tours").add("contact_kpi_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='sale.sale_menu_root']",
            content: _t("Which customers can you not reach? Open Sales."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: "button[data-menu-xmlid='sale.sale_order_menu']",
            content: _t("It is all under Orders."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger:
                ".dropdown-item[data-menu-xmlid='contact_kpi.contact_kpi_menu_overview']",
            content: _t("The overview says how many they are today."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            // A card with somebody on its list.
            trigger:
                ".o_contact_kpi_overview .o_kanban_record button[name=action_to_complete]:not(:has(span:text(0)))",
            content: _t("Each card counts what customers lack. Open their list."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row td[name=phone]",
            content: _t(
                "Whoever lacks it for the longest time comes first. Call the customer, then click here."
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_selected_row td[name=phone] input",
            content: _t("Type the phone, with its area code."),
            tooltipPosition: "bottom",
            run: "edit 11 96123-4567",
        },
        {
            trigger: ".o_list_button_save",
            content: _t(
                "Save, or press Enter. A usable phone takes the customer off the list, and the figure falls by one."
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_list_view:not(:has(.o_selected_row))",
        },
    ],
});
