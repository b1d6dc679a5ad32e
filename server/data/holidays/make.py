"""Writes the public holidays that Nadi bundles, from the Python package `holidays`.

    python -m venv venv
    venv/bin/pip install holidays==0.109
    venv/bin/python make.py > holidays.tsv

The same version writes the same bytes. HEADER below explains the format.
"""

import csv
import datetime
import re
import sys
import unicodedata
import warnings
from pathlib import Path

import holidays

VERSION = "0.109"
FIRST, LAST = 2026, 2036
# What this version was checked against announced lists for. Later dates of the calendars below
# are calculated, which not every country class of the package says.
CHECKED = 2026
ANNOUNCED_CALENDARS = ("buddhist", "chinese", "hindu", "sinhala")

HEADER = f"""\
# Public holidays (days on which offices are closed), {FIRST} to {LAST}.
# Source: the Python package holidays {VERSION}, https://github.com/vacanza/holidays
# Licence: MIT, (c) Vacanza Team and individual contributors, dr-prodigy, ryanss; see LICENSE.txt
# Written by make.py; not to be edited by hand.
#
# Fields are separated by tabs. Lines:
#   region  CODE  NAME  YEAR   a country (ISO 3166-1) or a part of one, by name. The source covers it
#                              until the end of YEAR; after that, holidays are missing.
#   +       NAME  DATES        a holiday of the region above
#   -       NAME  DATES        not in this part of the country, although in the country's own lines
# A part of a country has the holidays of its country, without its own - lines, with its own + lines.
# Codes of parts are ISO 3166-2; smaller places that ISO does not know append a word of ours to
# the code of what they are in (DE-BY-AUGSBURG), and differ from the country in the same way.
# DATES, with a space between: first *-MM-DD for every year, then YYYY-MM-DD in order.
# Two holidays on one day are on two lines; one line may have several days of a year.
# A ~ after a date: calculated, not announced; it may shift by a day or so (moon and sun calendars).
"""

# Days that the source counts from calculated ones without saying that they are calculated, too.
COUNTED = {
    "Onam (Day 1)",
    "Onam (Day 3)",
    "Onam (Day 4)",
    "Shri Narayana Guru's Jayanti",
    "Thiruvalluvar Day",
    "Vishu (Day 2)",
}

# Places smaller than ISO 3166-2 knows, by their names in the source.
SMALLER = {
    ("AU", "NSW Western"): ("NSW-WESTERN", "New South Wales (Western Division)"),
    ("BR", "São Paulo Capital"): ("SP-CAPITAL", "São Paulo (city)"),
    ("CH", "Stadt Zurich"): ("ZH-CITY", "Zurich (city)"),
    ("DE", "Augsburg"): ("BY-AUGSBURG", "Augsburg"),
    ("NZ", "South Canterbury"): ("CAN-SOUTH", "South Canterbury"),
}

# Where English differs from the source's names.
ENGLISH = {
    "BR-DF": "Federal District",
    "CH-FR": "Fribourg",
    "CH-GE": "Geneva",
    "CH-LU": "Lucerne",
    "CH-SG": "St. Gallen",
    "CH-ZH": "Zurich",
    "DE-BY": "Bavaria",
    "DE-HE": "Hesse",
    "DE-MV": "Mecklenburg-Western Pomerania",
    "DE-NI": "Lower Saxony",
    "DE-NW": "North Rhine-Westphalia",
    "DE-RP": "Rhineland-Palatinate",
    "DE-SN": "Saxony",
    "DE-ST": "Saxony-Anhalt",
    "DE-TH": "Thuringia",
    "MY-04": "Malacca",
    "MY-07": "Penang",
    "MY-14": "Kuala Lumpur",
    "MY-15": "Labuan",
    "MY-16": "Putrajaya",
    "NZ-CIT": "Chatham Islands",
    "NZ-MWT": "Manawatū-Whanganui",
    "NZ-WGN": "Wellington",
    "PT-11": "Lisbon",
    "PT-20": "Azores",
    "PT-30": "Madeira",
    "US-VI": "U.S. Virgin Islands",
}


def countries():
    """Code and name of every country that has one of our cities."""
    with (Path(__file__).parent.parent / "cities.csv").open(encoding="utf-8", newline="") as file:
        return sorted({(row["country_code"], row["country"]) for row in csv.DictReader(file)})


def parts(country):
    """The parts of a country that the source knows: its word for each, our code and name."""
    kind = getattr(holidays, country)
    aliases = kind.get_subdivision_aliases()
    for word in kind.subdivisions:
        if (country, word) in SMALLER:
            code, name = SMALLER[country, word]
        else:
            # Some aliases are other codes, in capitals.
            code, name = word, next((alias for alias in aliases[word] if not alias.isupper()), None)
        code = f"{country}-{code}"
        name = ENGLISH.get(code, name)
        if name is None or not re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}(-[A-Z]+)?", code):
            sys.exit(f"{country}: no code or name for {word!r}")
        yield word, code, name


def language(country):
    """The country's own English where the source has it."""
    known = getattr(holidays, country).supported_languages
    return next((tag for tag in (f"en_{country}", "en_US") if tag in known), None)


def days(country, part=None):
    """The holidays as a set of (name, date, whether it is calculated)."""
    found = set()
    calendar = holidays.country_holidays(country, subdiv=part, language=language(country))
    for year in range(FIRST, LAST + 1):
        # Most countries say themselves which dates of the Islamic calendar are not announced yet.
        for name in ("islamic", *(ANNOUNCED_CALENDARS if year > CHECKED else ())):
            flag = f"_{name}_calendar_show_estimated"
            if hasattr(calendar, flag):
                setattr(calendar, flag, True)
        calendar.get(datetime.date(year, 1, 1))  # adds the year
    for date, names in calendar.items():
        for name in names.split("; "):
            calculated = "estimated)" in name or (name in COUNTED and date.year > CHECKED)
            name = name.replace(" (observed, estimated)", " (observed)").replace(" (estimated)", "")
            if FIRST <= date.year <= LAST:
                found.add((name, date, calculated))
    return found


def covered_until(country, found):
    """The year after which holidays are missing: those of two years running that never come again."""
    until = min(LAST, getattr(holidays, country).end_year)
    years = {}
    for name, date, _ in found:
        years.setdefault(name.removesuffix(" (observed)"), set()).add(date.year)
    for seen in years.values():
        if max(seen) - 1 in seen:
            until = min(until, max(seen))
    return until


def lines(sign, found):
    """One line for each name, in the order of the first dates."""
    by_name = {}
    for name, date, calculated in sorted(found, key=lambda day: (day[1], day[0])):
        by_name.setdefault(name, []).append((date, calculated))
    for name, dates in by_name.items():
        if "\t" in name or "estimated" in name or not name.isprintable():
            sys.exit(f"an odd name: {name!r}")
        every = {}
        for date, calculated in dates:
            every.setdefault(f"{date:%m-%d}", []).append((date, calculated))
        words = []
        for day, of_day in every.items():
            if len(of_day) == LAST - FIRST + 1 and not any(calculated for _, calculated in of_day):
                words.append(f"*-{day}")
        for date, calculated in dates:
            if f"*-{date:%m-%d}" not in words:
                words.append(f"{date}{'~' if calculated else ''}")
        yield f"{sign}\t{name}\t{' '.join(words)}"


def plain(name):
    """As it sorts: without accents and case."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()


def main():
    if holidays.__version__ != VERSION:
        sys.exit(f"holidays=={VERSION} is wanted, not {holidays.__version__}")
    # India warns of years that covered_until finds out.
    warnings.simplefilter("ignore", UserWarning)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    regions = []
    for country, country_name in countries():
        own = days(country)
        until = covered_until(country, own)
        regions.append((country_name, country, until, lines("+", own)))
        for word, code, name in parts(country):
            there = days(country, word)
            until_there = min(until, covered_until(country, there))
            changes = [*lines("-", own - there), *lines("+", there - own)]
            regions.append((f"{country_name}, {name}", code, until_there, changes))
    print(HEADER, end="")
    for name, code, until, of_region in sorted(regions, key=lambda region: plain(region[0])):
        print(f"region\t{code}\t{name}\t{until}")
        for line in of_region:
            print(line)


main()
