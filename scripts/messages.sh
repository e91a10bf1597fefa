#!/usr/bin/env bash
# Collect the texts of Python code and templates, and merge them into each language's catalog.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

catalogs=lti_plp/views/translations
template=.setup/messages.pot
.venv/bin/pybabel --quiet extract --mapping pyproject.toml --add-location file --sort-by-file \
    --keyword lazy_gettext --keyword _l --project lti-plp --output-file "$template" lti_plp
for folder in "$catalogs"/*/LC_MESSAGES; do
    [ -d "$folder" ] || fail "no catalog yet: begin one with '.venv/bin/pybabel init -i $template -d $catalogs -l es'."
    locale=$(basename "$(dirname "$folder")")
    # A guessed translation looks finished and is wrong, hence no fuzzy matches.
    .venv/bin/pybabel --quiet update --no-fuzzy-matching --ignore-pot-creation-date --width 110 \
        --input-file "$template" --output-dir "$catalogs" --locale "$locale"
    # Babel adds header lines that name nobody and say nothing.
    sed -i -E '/^"(Report-Msgid-Bugs-To|PO-Revision-Date|Last-Translator|Language-Team): /d' "$folder/messages.po"
done
