# The language itself.
language-name = English
# Which formats dates, times and numbers have.
language-tag = en-GB
# How the search finds other forms of a word: PostgreSQL’s name for the language, such as english, hindi or german; simple
# where it has none.
language-stemming = english
