import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";

const TOUR = "contact_kpi_tour";
// The way there: not for whoever starts it from a card, be it in another app.
const isActive = ["body:not(:has(.o_contact_kpi_overview))"];

/** The first minute of a newcomer: from the figure to a completed customer. */
registry.category("web_tour.tours").add(TOUR, {
    url: "/odoo",
    steps: () => [
        {
            isActive,
            trigger: ".o_navbar_apps_menu button:enabled",
            content: _t("Which customers can you not reach? Open the menu of apps."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            isActive,
            trigger: ".o_app[data-menu-xmlid='sale.sale_menu_root']",
            content: _t("It is part of Sales."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            isActive,
            trigger: "button[data-menu-xmlid='sale.sale_order_menu']",
            content: _t("The overview is under Orders."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive,
            trigger:
                ".dropdown-item[data-menu-xmlid='contact_kpi.contact_kpi_menu_overview']",
            content: _t("It says how many there are today."),
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
                "Whoever has lacked it the longest comes first. Call the customer, then click here."
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

/**
 * Start it for whoever asks. Odoo's link `?tour=` points twice where tours are on
 * already; where they are off, starting one leaves them on, and the next of Odoo's
 * tours would follow: they go off again.
 */
registry.category("actions").add(TOUR, async ({services}) => {
    const {orm, tour_service} = services;
    const {rainbowManMessage} = await orm.call(
        "web_tour.tour",
        "get_tour_json_by_name",
        [TOUR]
    );
    await tour_service.startTour(TOUR, {
        mode: "manual",
        redirect: false,
        rainbowManMessage,
    });
    if (!session.tour_enabled) {
        await orm.call("res.users", "switch_tour_enabled", [false]);
    }
});
