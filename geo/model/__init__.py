"""The nouns of the house: errors, tables, coordinate systems, standards, profiles, studies."""
