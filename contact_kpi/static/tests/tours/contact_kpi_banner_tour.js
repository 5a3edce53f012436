import {registry} from "@web/core/registry";

const BANNER = ".o_contact_kpi_banner:contains(no usable phone or e-mail)";

registry.category("web_tour.tours").add("contact_kpi_banner", {
    steps: () => [
        {
            content: "The quotation asks, and shows what a number looks like",
            trigger: `${BANNER} [name=contact_kpi_phone] input[placeholder="(11) 96123-4567"]`,
            run: "edit 96123-4567",
        },
        {
            trigger: `${BANNER} [name=contact_kpi_email] input`,
            run: "click",
        },
        {
            content: "What is no number is told, with the example",
            trigger: `${BANNER} .text-danger:contains(lacks the area code):contains(96123-4567.)`,
        },
        {
            trigger: `${BANNER} [name=contact_kpi_phone] input`,
            run: "edit 11 96123-4567",
        },
        {
            trigger: `${BANNER} [name=contact_kpi_email] input`,
            run: "click",
        },
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
    ],
});
