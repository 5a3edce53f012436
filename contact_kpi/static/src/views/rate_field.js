import {registry} from "@web/core/registry";
import {formatPercentage} from "@web/views/fields/formatters";
import {
    PercentageField,
    percentageField,
} from "@web/views/fields/percentage/percentage_field";

/**
 * Rates below each other in a list: every one with the same decimals, and a group
 * that has nothing to divide empty, where Odoo's own percentages say 12% below
 * 13.11%, and 0%.
 */
export function formatRate(value, options = {}) {
    if (value === false || value === null || value === undefined) {
        return "";
    }
    return formatPercentage(value, {...options, trailingZeros: true});
}

export class RateField extends PercentageField {
    get formattedValue() {
        return formatRate(this.props.record.data[this.props.name], {
            digits: this.props.digits || [16, 2],
        });
    }
}

registry.category("formatters").add("contact_kpi_rate", formatRate);
registry.category("fields").add("contact_kpi_rate", {
    ...percentageField,
    component: RateField,
});
