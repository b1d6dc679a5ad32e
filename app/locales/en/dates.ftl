# Dates, times and money. Dates, times and numbers arrive here already written in the language.

date-and-time = { $date }, { $time }
time-range = { $from }–{ $to }
time-with-zone = { $time } { $zone }
time-in-full = { $time }, { $zone }
zone-of-place = { $city } time
zone-in-full = { $place } ({ $offset })
# Clocks change in between: `CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00`.
offset-until = { $offset } until { $change }; then { $later }
money-with-sign = { $sign }{ $amount }
money-with-letters = { $letters } { $amount }
