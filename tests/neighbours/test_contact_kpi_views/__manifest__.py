# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Contact KPI: views beside others' addons",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Every view of what other addons extend, with ours and without",
    "author": "Contact KPI contributors",
    "license": "LGPL-3",
    "depends": ["base"],
}
