import {registry} from "@web/core/registry";

const CARD = ".o_kanban_record:contains(Impact tour customers)";
const NOTES = ".o_contact_kpi_notes";

/** Fail with both texts unless a row says exactly what it should. */
function says(row, expected) {
    const cells = [...row.querySelectorAll("td")];
    // Whatever the currency of the company is.
    const figures = cells.map((cell) => cell.innerText.replace(/[^\d.,%]/g, ""));
    const found = figures.join(" | ");
    if (found !== expected) {
        throw new Error(`"${expected}" expected, "${found}" found`);
    }
}

registry.category("web_tour.tours").add("contact_kpi_impact", {
    steps: () => [
        {
            trigger: `${CARD} button[name=action_impact]`,
            run: "click",
        },
        {
            content: "The caution says which side has too few orders",
            trigger: `${NOTES}:contains(Only 2 orders with “Missing”: too few to compare.)`,
        },
        {
            trigger: `${NOTES}:contains(Only 3 orders with “On File”: too few to compare.)`,
        },
        {
            trigger: `${NOTES}:contains(Confirmed: 0 of 2 with “Missing”, 2 of 3 with “On File”.)`,
        },
        {
            content: "And that nobody should see a cause in it",
            trigger: `${NOTES}:contains(Observed together, not cause)`,
        },
        {
            trigger: ".o_graph_renderer canvas",
        },
        {
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "The total is a ratio of sums",
            trigger: ".o_pivot tbody tr:eq(0):contains(Total)",
            run: ({anchor}) => says(anchor, "5 | 2 | 40.00% | 0.0 | 1,500.00"),
        },
        {
            content: "None of them confirmed: no mean, and not 0 days",
            trigger: ".o_pivot tbody tr:contains(Missing)",
            run: ({anchor}) => says(anchor, "2 | 0 | 0.00% |  | 300.00"),
        },
        {
            trigger: ".o_pivot tbody tr:contains(On File)",
            run: ({anchor}) => says(anchor, "3 | 2 | 66.67% | 0.0 | 1,200.00"),
        },
        {
            content: "A figure leads to the orders behind it",
            trigger: ".o_pivot tbody tr:contains(Missing) td:eq(0)",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Impact Abreu):eq(1)",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Impact Borges)))",
        },
        {
            trigger: ".o_breadcrumb a:contains(Impact on Sales)",
            run: "click",
        },
        {
            trigger: ".o_pivot",
        },
        {
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "A row opens its order",
            trigger: ".o_data_row:contains(Impact Borges) td[name=date]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=order_line]",
        },
    ],
});
