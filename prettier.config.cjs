// The form of XML and JavaScript, as in the OCA's template. ./setup/lint installs the
// tools in the ignored folder, where this file has to look for the plugin.
const tools = {paths: [`${__dirname}/.odoo/node`]};

module.exports = {
    bracketSpacing: false,
    plugins: [require.resolve("@prettier/plugin-xml", tools)],
    printWidth: 88,
    proseWrap: "always",
    semi: true,
    tabWidth: 4,
    trailingComma: "es5",
    xmlQuoteAttributes: "double",
    xmlSelfClosingSpace: true,
    xmlWhitespaceSensitivity: "strict",
};
