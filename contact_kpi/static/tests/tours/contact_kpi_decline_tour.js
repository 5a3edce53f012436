import {registry} from "@web/core/registry";

const CARD = ".o_kanban_record:contains(Decline tour customers)";

registry.category("web_tour.tours").add("contact_kpi_decline", {
    steps: () => [
        {
            content: "Two customers to complete, nobody declined yet",
            trigger: `${CARD}:not(:has(.o_contact_kpi_wishes)) button[name=action_to_complete]:contains(To Complete (2))`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:eq(1)",
        },
        {
            content: "Choose one in the list",
            trigger:
                ".o_data_row:contains(Decline Abreu) .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name=action_decline]",
            run: "click",
        },
        {
            content: "The dialog names the customer and proposes a review date",
            trigger:
                ".modal .o_field_widget[name=subject]:contains(Decline Abreu), .modal [name=review_on] input",
        },
        {
            trigger:
                ".modal .o_field_widget[name=reason_id] label:contains(Worried about privacy)",
            run: "click",
        },
        {
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "It left the list",
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains(Decline Abreu))) .o_data_row:contains(Decline Borges)",
        },
        {
            content: "Back to the card, which shows it apart",
            trigger: ".o_back_button, .breadcrumb-item:not(.active) a",
            run: "click",
        },
        {
            trigger: `${CARD}:has(button[name=action_to_complete]:contains(To Complete (1))) a[name=action_declined]:contains(Declined: 1)`,
            run: "click",
        },
        {
            content: "The list behind it",
            trigger:
                ".o_list_view .o_data_row td[name=partner_id]:contains(Decline Abreu)",
        },
        {
            trigger:
                ".o_data_row:contains(Decline Abreu) button[name=action_open_customer]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_notebook a[name=sales_purchases]",
            run: "click",
        },
        {
            content: "The customer's form shows it, too, and takes it back",
            trigger:
                ".o_field_widget[name=contact_kpi_open_gap_ids] button[name=action_take_back_decline]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=contact_kpi_open_gap_ids] button[name=action_decline]",
        },
        {
            content: "Consent is recorded beside it",
            trigger: "button[name=action_contact_kpi_consent]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=consent] label:contains(Refused)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=channel] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(By Phone)",
            run: "click",
        },
        {
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "And stands in the chatter",
            trigger:
                ".o-mail-Message:contains(Consent to be contacted: Refused):contains(By Phone)",
        },
        {
            trigger: ".o_field_widget[name=customer_consent]:contains(Refused)",
        },
    ],
});
