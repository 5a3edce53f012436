"""Vocabulary of customer files: headers, yes and no, common names of countries.

Headers match regardless of case, accents and punctuation: “E-MAIL:” is “e mail”. To
recognise another one, add it to its field here, and a file to `tests/setup/customers`.
"""

# By field of Odoo, or by a part of one: first names make a name, districts an address.
LABELS = {
    "name": "Name, Nome, Nombre, Cliente, Customer, Razão social, Razón social, Nome"
    " fantasia, Fantasia, Nombre comercial, Nome/Razão social",
    "display": "Display name, Complete name, Full name, Nome completo, Nome de"
    " exibição, Nombre completo, Nombre a mostrar, File as",
    "first": "First name, Given name, Primeiro nome, Nombre de pila, Primer nombre",
    "middle": "Middle name, Additional name, Nome do meio, Segundo nome, Segundo"
    " nombre",
    "last": "Last name, Family name, Surname, Sobrenome, Último nome, Apellido,"
    " Apellidos",
    "is_company": "Is a company, Is company, É empresa, É uma empresa, Es empresa, Es"
    " una empresa, Es una compañía, Company type, Tipo de empresa, Tipo de compañía,"
    " Tipo de pessoa, Tipo pessoa, Pessoa, PF/PJ, Física/Jurídica",
    "parent_id": "Parent, Parent company, Related company, Empresa mãe, Empresa pai,"
    " Empresa relacionada, Pertence a, Matriz, Empresa matriz, Compañía relacionada",
    "company_name": "Company, Company name, Associated company, Organization,"
    " Organization name, Empresa, Nome da empresa, Organização, Compañía, Nombre de la"
    " empresa, Organización",
    "key": "ID, External ID, ID externo",
    "phone": "Phone, Phone number, Telephone, Telefone, Número de telefone, Fone, Tel,"
    " Telefone fixo, Teléfono, Teléfono fijo, Número de teléfono",
    "mobile": "Mobile, Mobile phone, Mobile number, Mobile phone number, Cell, Cell"
    " phone, Phone mobile, Celular, Telefone celular, Número de celular, WhatsApp,"
    " Whats, Zap, Móvel, Telemóvel, Móvil, Teléfono móvil, Teléfono celular",
    "ddd": "DDD, Código de área",
    "email": "Email, E-mail, Mail, Email address, E-mail address, User email, Endereço"
    " de e-mail, Correo, Correo electrónico, Dirección de correo electrónico",
    "vat": "Tax ID, VAT, VAT number, Tax number, CPF, CNPJ, CPF/CNPJ, CNPJ/CPF, CPF ou"
    " CNPJ, CNPJ ou CPF, NIF, CUIT, RFC, RUT, Número de identificación fiscal",
    "ref": "Ref, Reference, Internal reference, Code, Customer ID, Customer code,"
    " Record ID, Código, Cód, Cod, Código do cliente, Cód. cliente, Referência,"
    " Referência interna, Referencia, Referencia interna",
    "street": "Street, Street address, Address, Address 1, Address line 1, Address1,"
    " Endereço, Logradouro, Rua, Calle, Dirección, Domicilio",
    "number": "Street number, Número, Nº, Num",
    "street2": "Street2, Street 2, Address 2, Address line 2, Address2, Complemento,"
    " Rua 2, Calle 2, Calle2",
    "district": "District, Neighborhood, Bairro, Barrio, Colonia",
    "city": "City, Town, Cidade, Município, Ciudad, Localidade, Localidad",
    "zip": "Zip, Zip code, Postal code, Postcode, Zip/Postal code, CEP, Código postal,"
    " C.P.",
    "state_id": "State, State code, State/Region, Region, Province, Province code,"
    " State/Province, Estado, UF, Estado/UF, Província, Provincia",
    "country_id": "Country, Country code, Country name, Country/Region, País, Código"
    " do país, País/Região",
    "industry_id": "Industry, Setor, Ramo, Ramo de atividade, Segmento, Indústria,"
    " Sector, Industria",
    "user_id": "Salesperson, Seller, Owner, Contact owner, Sales rep, Vendedor,"
    " Vendedora, Responsável, Representante, Comercial, Responsable",
    "website": "Website, Web site, Web page, Site, Link do site, Página web, Sitio web,"
    " Enlace del sitio web",
    "function": "Job position, Job title, Organization title, Cargo, Função, Puesto,"
    " Puesto de trabajo",
    "comment": "Notes, Note, Comments, Internal notes, Notas, Observações, Observação,"
    " Obs, Observaciones, Comentários",
}
# Words ignored around a label: “Phone 1 - Value”, “Home City”, “E-mail fiscal”.
QUALIFIERS = (
    "1 2 3 4 5 6 7 8 9 value work home business other primary main personal car radio"
    " person contact customer client billing default address company user trabalho"
    " comercial casa residencial principal outro outra fiscal contato cliente empresa"
    " cobrança financeiro nf nfe e de do da del la trabajo otro particular contacto"
)
# But not around these: a “Company ID” is no ID of the customer.
UNQUALIFIED = {"key", "is_company", "parent_id", "ref", "vat", "number"}
YES = (
    "1, true, yes, y, sim, s, sí, x, verdadeiro, verdadero, company, empresa, compañía,"
    " pj, j, jurídica, pessoa jurídica"
)
NO = (
    "0, false, no, n, não, falso, person, pessoa, persona, individual, pf, f, física,"
    " pessoa física"
)
# Names that Unicode's CLDR lacks.
COUNTRIES = {
    "US": "EUA, E.U.A., EE.UU., U.S., U.S.A., América do Norte, Estados Unidos da"
    " América, Estados Unidos de América, United States of America",
    "GB": "Great Britain, England, Inglaterra, Grã-Bretanha, Gran Bretaña",
    "NL": "Holland, Holanda, The Netherlands",
    "TR": "Turkey, Turquia, Turquía",
    "CZ": "Czech Republic, República Tcheca, República Checa",
    "RU": "Russian Federation, Federação Russa",
    "KR": "Korea, Coreia, Corea",
    "CI": "Ivory Coast",
    "CV": "Cabo Verde",
    "AE": "EAU, UAE, Emirados Árabes",
}
