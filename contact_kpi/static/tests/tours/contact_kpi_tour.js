import {registry} from "@web/core/registry";

const CARD = ".o_kanban_record:contains(Tour customers without phone)";

/** Fail with both texts unless an element says exactly what it should. */
function says(element, expected) {
    const found = element.innerText.replace(/\s+/g, " ").trim();
    if (found !== expected) {
        throw new Error(`"${expected}" expected, "${found}" found`);
    }
}

/** Fail unless the cells of a row of a pivot are these. */
function balances(row, expected) {
    const cells = [...row.querySelectorAll(".o_pivot_cell_value")];
    const found = cells.map((cell) => cell.innerText.trim()).join(" ");
    if (found !== expected) {
        throw new Error(`"${expected}" expected, "${found}" found`);
    }
}

registry.category("web_tour.tours").add("contact_kpi_complete", {
    steps: () => [
        {
            content: "Three customers lack a phone",
            trigger: `${CARD} .o_contact_kpi_missing .display-4`,
            run: ({anchor}) => says(anchor, "3"),
        },
        {
            content: "Open the list of customers to complete",
            trigger: `${CARD} button[name=action_to_complete]:contains(To Complete (3))`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:eq(2)",
        },
        {
            content: "The longest open comes first",
            trigger: ".o_data_row:eq(0) td[name=partner_id]:contains(Tour Abreu)",
        },
        {
            content: "Edit the phone in the list",
            trigger: ".o_data_row:contains(Tour Abreu) td[name=phone]",
            run: "click",
        },
        {
            trigger: ".o_selected_row td[name=phone] input",
            run: "edit 11 96123-4567",
        },
        {
            trigger: ".o_selected_row td[name=phone] input",
            run: "press Enter",
        },
        {
            content: "The completed customer left, the next one is being edited",
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains(Tour Abreu))) " +
                ".o_selected_row:contains(Tour Borges) td[name=phone] input",
            run: "edit none",
        },
        {
            content: "A placeholder completes nobody: that row stays",
            trigger: ".o_selected_row td[name=phone] input",
            run: "press Enter",
        },
        {
            trigger: ".o_selected_row:contains(Tour Castro)",
        },
        {
            trigger: ".o_data_row:contains(Tour Borges) td[name=phone]:contains(none)",
        },
        {
            content: "Back to the overview",
            trigger: ".o_back_button, .breadcrumb-item:not(.active) a",
            run: "click",
        },
        {
            content: "The number fell by one",
            trigger: `${CARD} button[name=action_to_complete]:contains(To Complete (2))`,
        },
        {
            trigger: `${CARD} .o_contact_kpi_missing .display-4`,
            run: ({anchor}) => says(anchor, "2"),
        },
        {
            content: "The number itself opens the customers behind it",
            trigger: `${CARD} a[name=action_missing]`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:eq(1)",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:eq(2)))",
        },
    ],
});

registry.category("web_tour.tours").add("contact_kpi_trend", {
    steps: () => [
        {
            content: "Open the trend from the card",
            trigger: `${CARD} button[name=action_trend]`,
            run: "click",
        },
        {
            trigger: ".o_graph_view .o_graph_canvas_container canvas",
        },
        {
            trigger: "button.o_switch_view.o_pivot",
            run: "click",
        },
        {
            content:
                "The total is the latest closing (3 of 4), not the sum of the months",
            trigger: ".o_pivot tbody tr:eq(0) .o_pivot_cell_value:eq(1)",
            run: ({anchor}) => says(anchor, "3"),
        },
        {
            trigger: ".o_pivot tbody tr:eq(0) .o_pivot_cell_value:eq(0)",
            run: ({anchor}) => says(anchor, "4"),
        },
        {
            content: "The rate is the ratio of the two",
            trigger: ".o_pivot tbody tr:eq(0) .o_pivot_cell_value:eq(2)",
            run: ({anchor}) => says(anchor, "75.00%"),
        },
        {
            content: "Two months ago one of four customers lacked it",
            trigger: ".o_pivot tbody tr:eq(1) .o_pivot_cell_value:eq(1)",
            run: ({anchor}) => says(anchor, "1"),
        },
        {
            trigger: ".o_pivot tbody tr:eq(2) .o_pivot_cell_value:eq(1)",
            run: ({anchor}) => says(anchor, "2"),
        },
        {
            trigger: ".o_pivot tbody tr:eq(3) .o_pivot_cell_value:eq(1)",
            run: ({anchor}) => says(anchor, "3"),
        },
        {
            trigger: "button.o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_group_header:eq(2)",
        },
    ],
});

registry.category("web_tour.tours").add("contact_kpi_follow_up", {
    steps: () => [
        {
            content: "Open the follow-up from the card",
            trigger: `${CARD} button[name=action_follow_up]`,
            run: "click",
        },
        {
            content: "How to read it",
            trigger:
                ".o_contact_kpi_notes:contains(Opening + opened − completed − left = closing)",
        },
        {
            content:
                "Three began to lack it, one was completed: opening, opened, completed, left, closing",
            trigger: ".o_pivot tbody tr:eq(0)",
            run: ({anchor}) => balances(anchor, "0 3 1 0 2"),
        },
        {
            content:
                "Two months ago the first: opening, opened, completed, left, closing",
            trigger: ".o_pivot tbody tr:eq(1)",
            run: ({anchor}) => balances(anchor, "0 1 0 0 1"),
        },
        {
            content:
                "A month ago the second: opening, opened, completed, left, closing",
            trigger: ".o_pivot tbody tr:eq(2)",
            run: ({anchor}) => balances(anchor, "1 1 0 0 2"),
        },
        {
            content:
                "This month the third, and one was completed: opening, opened, completed, left, closing",
            trigger: ".o_pivot tbody tr:eq(3)",
            run: ({anchor}) => balances(anchor, "2 1 1 0 2"),
        },
        {
            trigger: "button.o_switch_view.o_graph",
            run: "click",
        },
        {
            trigger: ".o_graph_view .o_graph_canvas_container canvas",
        },
        {
            trigger: "button.o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "A figure opens the customers behind it",
            trigger: ".o_pivot tbody tr:eq(2) .o_pivot_cell_value:eq(4)",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Tour Abreu)",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Tour Borges)",
        },
        {
            content: "The third was not missing that month",
            trigger: ".o_list_view:not(:has(.o_data_row:eq(2)))",
        },
    ],
});

const GAP = ".o_field_widget[name=gap_domain]";

registry.category("web_tour.tours").add("contact_kpi_indicator", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit Customers without tax ID",
        },
        {
            content: "A field that does not exist, typed in debug mode",
            trigger: ".o_field_widget[name=gap_domain] textarea",
            run: 'edit [("no_such_field", "=", False)] && click body',
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Refused by the widget",
            trigger: ".o_notification:contains(Missing required fields)",
        },
        {
            trigger: ".o_field_widget[name=gap_domain]:contains(Invalid domain)",
        },
        {
            trigger: ".o_field_widget[name=gap_domain] textarea",
            run: "edit [] && click body",
        },
        {
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "Refused by the server, which names field and reason",
            trigger:
                ".modal:contains(“Missing When” of Customers without tax ID is empty) .btn-primary",
            run: "click",
        },
        {
            content: "Now with the editor: a rule",
            trigger: `${GAP} a:contains(New Rule)`,
            run: "click",
        },
        {
            content: "Look for the field",
            trigger: `${GAP} .o_tree_editor_condition .o_model_field_selector`,
            run: "click",
        },
        {
            trigger: ".o_model_field_selector_popover_search input",
            run: "edit tax",
        },
        {
            trigger:
                ".o_model_field_selector_popover_item[data-name=vat] button:contains(Tax ID)",
            run: "click",
        },
        {
            content: "An operator that needs no value",
            trigger: `${GAP} .o_tree_editor_condition:has(.o_model_field_selector:contains(Tax ID)) .o_tree_editor_editor:eq(1) select`,
            run: "selectByLabel is not set",
        },
        {
            content: "There is nothing more to choose",
            trigger: `${GAP} .o_tree_editor_condition:not(:has(.o_tree_editor_editor:eq(2)))`,
        },
        {
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        {
            content: "Evaluated at once",
            trigger: "button[name=action_to_complete]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Tour Abreu)",
        },
        {
            content: "Whoever has a tax ID is not in it",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Tour Dias)))",
        },
        {
            content:
                "What opens and closes within a second never was: nobody types that fast",
            trigger: ".o_list_view .o_data_row:contains(Tour Borges)",
            run: () => new Promise((resolve) => setTimeout(resolve, 1100)),
        },
        {
            content: "The list asks for what is missing: the tax ID",
            trigger: ".o_data_row:contains(Tour Abreu) td[name=vat]",
            run: "click",
        },
        {
            trigger: ".o_selected_row td[name=vat] input",
            run: "edit BR-ABREU",
        },
        {
            trigger: ".o_selected_row td[name=vat] input",
            run: "press Enter",
        },
        {
            content: "Completed: the customer left, the others stay",
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains(Tour Abreu))) " +
                ".o_data_row:contains(Tour Borges)",
        },
    ],
});
