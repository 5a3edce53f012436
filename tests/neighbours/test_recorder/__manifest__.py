{
    "name": "Record of Tests",
    "summary": "Server-wide: how tests end, and how many queries they take",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Contact KPI contributors",
    "installable": False,
}
