import {registry} from "@web/core/registry";

const COG = ".o_cp_action_menus button:has(.fa-cog)";
const DIALOG = ".modal:has(button[name=action_pdf])";

/** Open the dialog from the menu of the view on screen. */
function print(view) {
    return [
        {
            trigger: `${view} ${COG}`,
            run: "click",
        },
        {
            content: "Print what is on screen",
            trigger: ".o_contact_kpi_print",
            run: "click",
        },
        {
            trigger: DIALOG,
        },
    ];
}

const CLOSE = [
    {
        trigger: `${DIALOG} button[special=cancel]`,
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
];

registry.category("web_tour.tours").add("contact_kpi_print", {
    steps: () => [
        {
            trigger: ".o_list_view .o_searchview_input",
            run: "edit Print Abreu",
        },
        {
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains(Customer)",
            run: "click",
        },
        {
            trigger: ".o_facet_value:contains(Print Abreu)",
        },
        ...print(".o_list_view"),
        {
            content: "The filters in words",
            trigger: `${DIALOG} [name=filter_words]:contains(Print Abreu)`,
        },
        {
            trigger: `${DIALOG} button[name=action_html]`,
            run: "click",
        },
        {
            content: "The report on screen",
            trigger: ":iframe table[data-table=customers] td:contains(Print Abreu)",
        },
        {
            content: "To the trend",
            trigger: ".o_content iframe",
            run: () => window.location.assign("/odoo/contacts-trend"),
            expectUnloadPage: true,
        },
        {
            trigger: ".o_graph_view canvas",
        },
        ...print(".o_graph_view"),
        ...CLOSE,
        {
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_view table",
        },
        ...print(".o_pivot_view"),
        ...CLOSE,
    ],
});
