# The public holidays of a clinic. Administrators of the clinic read them.

holidays-title = Public holidays
holidays-lead = The clinic is closed on these days. Patients cannot book, unless a doctor adds extra hours.
holidays-saved = Saved.
# Behind the word above.
holidays-saved-effect = Doctors’ times will be updated within a minute. Booked appointments do not change.
holidays-no-clinic-title = You do not manage a clinic yet
holidays-no-clinic = You can set public holidays when you manage a clinic.
# The choice of one of several clinics.
holidays-clinics = Clinics
holidays-clinic = Clinic
holidays-clinic-show = Show
# A part of the page’s address that could not be used; completes `address-ignored`.
holidays-address-clinic = the clinic

## The form
# Regions such as `India, Goa` have public holidays.
holidays-regions-title = Holiday regions for { $clinic }
holidays-regions-none = No regions yet. The clinic is open on all public holidays.
holidays-region-remove = Remove { $region }
holidays-region-add = Add a region
holidays-region-hint = Start typing, then choose from the list. The holidays appear below after you save.
holidays-days-title = Next 12 months
holidays-column-date = Date
holidays-column-holiday = Holiday
holidays-column-open = Open anyway
# The date of the holiday depends on when the moon is seen.
holidays-estimated = (date may change)
# A box to tick.
holidays-open = Open on this day
# The same box, read to people who do not see the page.
holidays-open-on = Open on { $date }, { $holiday }
holidays-save = Save holidays
