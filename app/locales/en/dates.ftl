# Dates, times and money. Dates, times and numbers arrive here already written in the language.

# `Tue, 24 Nov 2026, 10:20`
date-and-time = { $date }, { $time }
# `10:20–10:40`
time-range = { $from }–{ $to }
# `$zone`: a short name: `10:20 IST`.
time-with-zone = { $time } { $zone }
# `$zone`: as in `zone-in-full`: `10:20, Kolkata time (IST, UTC+05:30)`.
time-in-full = { $time }, { $zone }
# `Kolkata time`: the time on the clocks of a city.
zone-of-place = { $city } time
# `Kolkata time (IST, UTC+05:30)`. `$place`: the text above.
zone-in-full = { $place } ({ $offset })
# The clocks change in between: `CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00`.
offset-until = { $offset } until { $change }; then { $later }
# `₹600`
money-with-sign = { $sign }{ $amount }
# `CHF 120`
money-with-letters = { $letters } { $amount }
