import {registry} from "@web/core/registry";

const CARD = ".o_kanban_record:contains(Clientes sem contato)";

/** What a card says, in words as they are read. */
function says(element, expected) {
    const found = element.innerText.replace(/\s+/g, " ").trim();
    if (!found.includes(expected)) {
        throw new Error(`"${expected}" expected, "${found}" found`);
    }
}

registry.category("web_tour.tours").add("contact_kpi_brazil", {
    steps: () => [
        {
            content: "Two of two customers",
            trigger: `${CARD}:contains(A completar)`,
            run: ({anchor}) => says(anchor, "2 100% de 2 clientes"),
        },
        {
            trigger: `${CARD} button[name=action_to_complete]:contains(A completar (2))`,
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains(A completar: Clientes sem contato)",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Padaria Ipê) td[name=phone]",
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
            content: "The row left",
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains(Padaria Ipê))) " +
                ".o_data_row:contains(Oficina Modelo)",
        },
        {
            trigger: ".o_form_button_cancel, .o_list_button_discard",
            run: "click",
        },
        {
            trigger: ".o_back_button, .breadcrumb-item:not(.active) a",
            run: "click",
        },
        {
            content: "The figure fell",
            trigger: `${CARD} button[name=action_to_complete]:contains(A completar (1))`,
            run: () =>
                says(document.querySelector(".o_kanban_view"), "1 50% de 2 clientes"),
        },
    ],
});
