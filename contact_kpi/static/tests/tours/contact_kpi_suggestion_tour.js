import {registry} from "@web/core/registry";

const ROW = ".o_data_row:contains(Tour Oficina)";
const SHARED = ".o_data_row:contains(+5511961230123)";

registry.category("web_tour.tours").add("contact_kpi_suggestion", {
    steps: () => [
        {
            content: "What does the database know of this customer?",
            trigger: `${ROW} button[name=action_suggestions]`,
            run: "click",
        },
        {
            content: "The better of the two contacts comes first",
            trigger:
                ".modal .o_data_row:eq(0):contains(Phone):contains((11) 96123-4567)" +
                ":contains(Same Tax ID):contains(Tour Oficina Ltda)",
        },
        {
            trigger: ".modal .o_data_row:eq(1):contains(rui@oficina.com.br)",
        },
        {
            content: "Take it over",
            trigger: ".modal .o_data_row:eq(0) button[name=action_use]",
            run: "click",
        },
        {
            content: "Said in words",
            trigger: ".o_notification:contains(Tour Oficina is complete.)",
        },
        {
            content: "The window is closed, the customer has left the list",
            trigger: `body:not(:has(.modal)) .o_list_view:not(:has(${ROW}))`,
        },
        {
            content: "The other customer is still there: nothing is known of it",
            trigger:
                ".o_data_row:contains(Tour Padaria) button[name=action_suggestions]",
            run: "click",
        },
        {
            trigger: ".modal:contains(Nothing found in leads, orders):not(:has(table))",
        },
        {
            trigger: ".modal button:contains(Close)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
    ],
});

registry.category("web_tour.tours").add("contact_kpi_suspect", {
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row:contains(tour@ours.com.br)",
        },
        {
            content: "A number that six customers share",
            trigger: `${SHARED}:contains(Shared by Many Customers) td[name=customer_count]:contains(6)`,
        },
        {
            content: "A colleague's own address: leave it",
            trigger:
                ".o_data_row:contains(tour@ours.com.br) button[name=action_ignore]",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:contains(tour@ours.com.br)))",
        },
        {
            content: "The number is no contact",
            trigger: `${SHARED} button[name=action_confirm]`,
            run: "click",
        },
        {
            trigger: `.o_list_view:not(:has(${SHARED}))`,
        },
        {
            content: "Neither is there after another search",
            trigger: "button[name=action_find]",
            run: "click",
        },
        {
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains(tour@ours.com.br)))" +
                `:not(:has(${SHARED}))`,
        },
    ],
});
