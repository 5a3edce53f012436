import {registry} from "@web/core/registry";

const BANNER = ".o_contact_kpi_banner:contains(has no mobile)";
const TYPED = `${BANNER} [name=contact_kpi_phone] input`;
// What was typed is looked at when the field is left.
const LEAVE = {trigger: ".o_field_widget[name=service_type_id] input", run: "click"};

registry.category("web_tour.tours").add("contact_kpi_mechanic_counter", {
    steps: () => [
        {
            content: "In the list, the urgent repair first",
            trigger: ".o_data_row:first:contains(Counter Abreu)",
        },
        {
            trigger: ".o_data_row:eq(1):contains(Counter Borges)",
        },
        {
            trigger: ".o_data_row:contains(Counter Abreu) td[name=name]",
            run: "click",
        },
        {
            content: "Only a landline is known, and no e-mail is asked for",
            trigger: `${BANNER}:not(:has([name=contact_kpi_email])):contains("(11) 2345-6789")`,
        },
        {
            trigger: TYPED,
            run: "edit 11 3456-7890",
        },
        LEAVE,
        {
            trigger: `${BANNER} .text-danger:contains(is a landline):contains(96123-4567.)`,
        },
        {
            trigger: TYPED,
            run: "edit 96123-4567",
        },
        LEAVE,
        {
            content: "What is no mobile is told, with an example",
            trigger: `${BANNER} .text-danger:contains(lacks the area code):contains(96123-4567.)`,
        },
        {
            trigger: TYPED,
            run: "edit 11 96123-4567",
        },
        LEAVE,
        {
            trigger: `${BANNER}:not(:has(.text-danger))`,
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        {
            content: "Saved, and nothing is asked any more",
            trigger: ".o_form_view:not(:has(.o_contact_kpi_banner))",
        },
        {
            content: "Consent can still be recorded, on the order itself",
            trigger: ".o_form_sheet button[name=action_contact_kpi_consent]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=consent] label:contains(Given)",
            run: "click",
        },
        {
            trigger:
                ".modal .o_field_widget[name=channel] select, .modal .o_field_widget[name=channel] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(In Person)",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=customer_consent]:contains(Given)",
        },
        {
            trigger: ".o_back_button, .breadcrumb-item a:contains(Cannot Message)",
            run: "click",
        },
        {
            content: "The repair has left the list",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Counter Abreu)))",
        },
        {
            trigger: ".o_data_row:contains(Counter Borges) td[name=name]",
            run: "click",
        },
        {
            content: "The next one prefers not to provide it",
            trigger: `${BANNER} button[name=action_contact_kpi_decline]`,
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=reason_id] label:contains(privacy)",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Nobody is to ask again, and the order is still open",
            trigger:
                ".o_form_view .o_contact_kpi_banner:contains(prefers not to provide a mobile)",
        },
    ],
});
