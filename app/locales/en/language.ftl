# The language itself.
language-name = English
# Which formats dates, times and numbers have.
language-tag = en-GB
