# What is on every page (header, footer, title), and the pages that replace a page that cannot be shown.

## The title of a page, as tabs and search engines show it
page-title = { $title } – Nadi
# A form on the page has problems.
page-title-with-problem = There is a problem: { $title }

## Header
layout-skip-link = Skip to main content
# Read to people who do not see the logo. Nadi is the name of this site.
layout-home-link = Nadi home page
# Read to people who do not see the page: the main navigation.
layout-main-navigation = Main
layout-find-doctor = Find a doctor
layout-my-appointments = My appointments
# For doctors.
layout-my-calendar = My calendar
# For the people who work at the front desk of a clinic.
layout-front-desk = Front desk
# For the people who administer a clinic.
layout-administration = Administration
# For auditors.
layout-audit-log = Audit log
# For doctors and administrators who have to add a second way to prove who they are before they can work.
layout-second-factor = Finish setting up your account
# A link for doctors and administrators who have signed in without their authenticator app or passkey.
layout-sign-in-again = Sign in with your second factor
layout-sign-in = Sign in
layout-register = Create account
layout-sign-out = Sign out

## Footer
layout-emergency = Do not use Nadi in an emergency. Call your local emergency number.
# Names of a data source and a typeface, and links to their licences.
layout-credits = City data © { $geonames }, { $licence }. Typeface: { $typeface }, { $typeface_licence }.
# Read to people who do not see the page: the links to the same page in other languages.
layout-languages = Languages

## On the home page, to people whose browser prefers this language, while the page is in another one
language-offer = View this page in English
language-offer-close = Close

## Page not found
not-found-title = Page not found
not-found-lead = Check the web address, or search for a doctor instead.

## A page that another account may see
forbidden-title = You do not have access to this page
forbidden-lead = Sign in with another account, or ask the clinic for access.

## On pages that cannot be shown
failure-try-again = Try again
failure-home = Go to the home page
