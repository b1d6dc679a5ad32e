# Help: using Nadi together with other calendar apps. Texts in “…” are buttons and menus of those apps: use the words
# that the app shows in your language.

calendar-help-title = Use Nadi with other calendars
# For search engines.
calendar-help-description = How to show your appointments in Google, Outlook and Apple calendars, and how to find the link of another calendar.
calendar-help-lead = Steps for Google Calendar, Outlook and Apple Calendar.
calendar-help-subscribe-title = Show your Nadi appointments in another calendar
# Both arguments are links to pages: “Add appointments to your calendar”, “Other calendars”.
calendar-help-subscribe-first = First create a calendar link in Nadi. Patients: go to { $patients }. Doctors: go to { $doctors }.
calendar-help-find-title = For doctors: block times from another calendar
calendar-help-find-first = Find the link of your other calendar, then paste it under { $page }. We only see when you are busy.
calendar-help-find-warning = Anyone who has this link can read that calendar. Do not share it with anyone else.
calendar-help-changes = Google, Microsoft and Apple change their menus from time to time. If a step does not match what you see, search their help pages for “iCal address” or “subscribe to a calendar”.

## Names of apps
calendar-help-google = Google Calendar
calendar-help-outlook = Outlook.com
calendar-help-microsoft = Microsoft 365 (work or school)
calendar-help-icloud = Apple iCloud
calendar-help-apple = Apple Calendar

## Finding the link of a calendar: Google Calendar
find-google-step-open = On a computer, open calendar.google.com. The phone app does not show the link.
find-google-step-settings = Under “My calendars”, point to your calendar. Select the three dots, then “Settings and sharing”.
find-google-step-integrate = Scroll down to “Integrate calendar”.
find-google-step-copy = Next to “Secret address in iCal format”, select the copy button.
find-google-step-paste = Paste the link into Nadi.
find-google-note-none = No secret address? If this is a work account, your administrator may have turned it off.
find-google-note-reset = If someone else gets the link, select “Reset” next to it and paste the new link into Nadi.

## Finding the link of a calendar: Outlook.com
find-outlook-step-open = On a computer, sign in at outlook.com and select the gear icon for “Settings”.
find-outlook-step-shared = Select “Calendar”, then “Shared calendars”.
find-outlook-step-permission = Under “Publish a calendar”, select your calendar and “Can view when I’m busy”. Nadi does not need more than this.
find-outlook-step-publish = Select “Publish”.
find-outlook-step-copy = Two links appear. Copy the ICS link.
find-outlook-step-paste = Paste the link into Nadi.
find-outlook-note-html = Do not copy the HTML link. It does not work in Nadi.

## Finding the link of a calendar: Microsoft 365
find-microsoft-step-open = On a computer, sign in at outlook.office.com and select the gear icon for “Settings”.
find-microsoft-step-shared = Select “Calendar”, then “Shared calendars”.
find-microsoft-step-permission = Under “Publish a calendar”, select your calendar and “Can view when I’m busy”.
find-microsoft-step-publish = Select “Publish”, then copy the ICS link.
find-microsoft-step-paste = Paste the link into Nadi.
find-microsoft-note-none = No “Publish a calendar”? Your organisation has turned it off. Ask your administrator.

## Finding the link of a calendar: Apple iCloud
find-apple-step-open = On an iPhone or iPad, open Calendar and select “Calendars”. On a Mac, open Calendar and look at the list on the left.
find-apple-step-share = On an iPhone or iPad, select the info button next to the calendar. On a Mac, point to the calendar and select the share button next to it.
find-apple-step-public = Turn on “Public Calendar”.
find-apple-step-copy = On an iPhone or iPad, select “Share Link” and then “Copy”. On a Mac, copy the link that is shown.
find-apple-step-paste = Paste the link into Nadi. It starts with webcal://, which is correct.
find-apple-note-everything = Apple has no link for busy times only, so anyone who has this link can read everything in the calendar. Nadi only keeps the times when you are busy.
find-apple-note-icloud = Only calendars in your iCloud account can be public, not calendars stored on the device.

## Adding our link: Google Calendar
subscribe-google-step-copy = In Nadi, copy your calendar link. It starts with https://.
subscribe-google-step-open = On a computer, open calendar.google.com.
subscribe-google-step-add = Next to “Other calendars”, select the plus sign, then “From URL”.
subscribe-google-step-paste = Paste the link and select “Add calendar”.
subscribe-google-note-phone = The calendar then also appears on your phone.
subscribe-google-note-delay = Google checks for changes a few times a day at most. A new appointment can take a day to appear.

## Adding our link: Outlook.com
subscribe-outlook-step-copy = In Nadi, copy your calendar link.
subscribe-outlook-step-open = On a computer, sign in at outlook.com and open the calendar.
subscribe-outlook-step-add = Select “Add calendar”, then “Subscribe from web”.
subscribe-outlook-step-paste = Paste the link, give the calendar a name, and select “Import”.
subscribe-outlook-note-delay = Outlook checks for changes every few hours.

## Adding our link: Microsoft 365
subscribe-microsoft-step-copy = In Nadi, copy your calendar link.
subscribe-microsoft-step-open = On a computer, sign in at outlook.office.com and open the calendar.
subscribe-microsoft-step-add = Select “Add calendar”, then “Subscribe from web”.
subscribe-microsoft-step-paste = Paste the link, give the calendar a name, and select “Import”.
subscribe-microsoft-note-shared = Other people at work may see this calendar if you share yours with them.

## Adding our link: Apple Calendar
# `$button` is a button of ours.
subscribe-apple-step-open = On an iPhone, iPad or Mac, open Nadi and select “{ $button }” next to your calendar link.
subscribe-apple-step-confirm = Confirm that you want to subscribe.
subscribe-apple-step-mac = If nothing opens on a Mac, copy the link and open Calendar. Select “File”, then “New Calendar Subscription”.
subscribe-apple-step-phone = If nothing opens on an iPhone or iPad, copy the link and open Calendar. Select “Calendars”, “Add Calendar”, then “Add Subscription Calendar”.
subscribe-apple-note-icloud = On a Mac, select “iCloud” as the location if you also want to see the calendar on your iPhone.
subscribe-apple-note-alerts = If you want reminders from Nadi, do not tick “Remove: Alerts” on the Mac.
