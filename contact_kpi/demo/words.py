# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words to invent customers from. None of them names anybody who exists."""

# Kind of business, and the industry it belongs to (external identifiers of base).
BUSINESSES = {
    "Padaria": "I",
    "Restaurante": "I",
    "Pousada": "I",
    "Mercado": "G",
    "Farmácia": "G",
    "Papelaria": "G",
    "Autopeças": "G",
    "Floricultura": "G",
    "Metalúrgica": "C",
    "Confecções": "C",
    "Gráfica": "C",
    "Construtora": "F",
    "Transportadora": "H",
    "Clínica": "Q",
    "Laboratório": "Q",
    "Escola": "P",
    "Agropecuária": "A",
    "Seguradora": "K",
}
# Tags below TYPE_TAG: what kind of customer, by kind of business. Not all have one.
TYPE_TAG = "Tipo de cliente"
TYPES = {
    "frota": "Frota",
    "revenda": "Revenda",
    "seguradora": "Seguradora",
    "particular": "Particular",
}
PERSON_TYPE = "particular"
BUSINESS_TYPES = {
    "Transportadora": "frota",
    "Construtora": "frota",
    "Agropecuária": "frota",
    "Autopeças": "revenda",
    "Mercado": "revenda",
    "Farmácia": "revenda",
    "Papelaria": "revenda",
    "Floricultura": "revenda",
    "Seguradora": "seguradora",
}
BRANDS = (
    "Estrela do Vale",
    "Serra Clara",
    "Rio Manso",
    "Três Ipês",
    "Campo Sereno",
    "Monte Azulado",
    "Sol Fictício",
    "Lua Inventada",
    "Jardim Imaginário",
    "Ponte Amarela",
    "Bela Amostra",
    "Vento Modelo",
)
# With the family names more than the story can use up: 36 × 8.
FIRST_NAMES = (
    "Alice",
    "Antônio",
    "Beatriz",
    "Caio",
    "Camila",
    "Davi",
    "Elisa",
    "Fábio",
    "Gabriela",
    "Heitor",
    "Isabel",
    "João",
    "Joana",
    "Lucas",
    "Márcia",
    "Nelson",
    "Olívia",
    "Paulo",
    "Renata",
    "Sônia",
    "Tiago",
    "Vera",
    "Aurora",
    "Benedito",
    "Cecília",
    "Diego",
    "Estela",
    "Flávio",
    "Helena",
    "Igor",
    "Jussara",
    "Leandro",
    "Mônica",
    "Otávio",
    "Rosana",
    "Sérgio",
)
FAMILY_NAMES = (
    "Exemplo",
    "Fictício",
    "Modelo",
    "Amostra",
    "da Invenção",
    "Faz de Conta",
    "Hipótese",
    "Suposto",
)
# State, area code, cities; the first states are drawn more often.
PLACES = (
    ("SP", "11", ("São Paulo", "Guarulhos", "Osasco")),
    ("SP", "19", ("Campinas", "Limeira")),
    ("MG", "31", ("Belo Horizonte", "Contagem")),
    ("RJ", "21", ("Rio de Janeiro", "Niterói")),
    ("PR", "41", ("Curitiba",)),
    ("RS", "51", ("Porto Alegre", "Canoas")),
    ("SC", "48", ("Florianópolis",)),
    ("BA", "71", ("Salvador",)),
    ("PE", "81", ("Recife", "Olinda")),
    ("GO", "62", ("Goiânia",)),
)
PLACE_WEIGHTS = (30, 10, 16, 14, 9, 8, 6, 5, 4, 3)
# What people type where they have nothing.
NO_PHONES = ("", "", "não tem", "(11) 99999-9999", "-", "sem telefone", "0000-0000")
NO_EMAILS = ("", "", "", "não tem", "x@x")
