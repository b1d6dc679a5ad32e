# The privacy notice, and what asks people to agree to it and to the terms of use. When what it says changes (not only
# how it says it), `src/consent.rs` needs a new version.

## Below a button, and in notices
# `$terms` and `$privacy` are the next two texts, links to the pages.
agreement-terms = terms of use
agreement-privacy = privacy notice
# Below the button that creates an account.
agreement-continue = By creating an account, you agree to our { $terms } and confirm that you have read our { $privacy }.
# Below the button that books an appointment for somebody who is not signed in.
agreement-book = By booking, you agree to our { $terms } and confirm that you have read our { $privacy }.
# Below the button that signs in with a code. We do not say whether the address has an account.
agreement-new-account = If you do not have an account yet, we create one for you. By continuing, you agree to our { $terms } and confirm that you have read our { $privacy }.

# On top of each page, to people who are signed in, until they agree.
agreement-changed-privacy = We have changed our { $privacy }. Please read it.
agreement-changed-terms = We have changed our { $terms }. Please read them.
agreement-changed-both = We have changed our { $terms } and our { $privacy }. Please read them.
# They have never agreed to anything, because their account is older than these pages.
agreement-first = Please read our { $terms } and our { $privacy }.
agreement-button = I agree
agreement-done = Thank you. We have saved that you agree.

## Both pages
# `$date` is a date such as 5 December 2026.
document-version = Version of { $date }
# Read to people who do not see the page.
document-contents = On this page

## The privacy notice
privacy-title = Privacy notice
# For search engines.
privacy-description = What Nadi stores about you, why, for how long, who can see it, and how to download or delete it.
privacy-lead = What we store about you, why, for how long, and who can see it.

privacy-who-title = Who is responsible
privacy-who-site = The operator of this site is responsible for your account and for what this page describes.
privacy-who-clinic = The clinic that you book with is responsible for its records of your appointments. It may give you a privacy notice of its own.
# `$contact` is an e-mail address or a web address.
privacy-who-contact = If you have questions about your data, contact { $contact }.
privacy-who-no-contact = If you have questions about your data, ask the clinic that you book with.

privacy-what-title = What we store
privacy-what-account = Your account: your name, e-mail address and language. If you set a password, we store it in a form that nobody can read.
privacy-what-people = The people you book for: their names and, if you enter them, their dates of birth.
privacy-what-appointments = Your appointments: the doctor, clinic, time, type of appointment and fee, what happened to the appointment, and the reason if someone gives one for cancelling it.
privacy-what-reviews = The reviews that you write, and the answers to them.
privacy-what-messages = Which messages we sent you, and when.
privacy-what-devices = Where you are signed in: the name of your browser, when you signed in, and when you last used it.
privacy-what-tools = What you set up yourself: passkeys, an authenticator app, keys for programs, calendar links.
privacy-what-work = If you work for a clinic: your role, your profile and opening hours as a doctor, and invitations to your clinic.
privacy-what-agreed = Which versions of our terms of use and of this notice you agreed to, and when.
privacy-what-health = Which doctor you see can say something about your health, so we treat all appointments as health data. We do not store medical records, and nothing about your treatment.

privacy-why-title = Why we store it
privacy-why-book = To book, move and cancel appointments, and to tell you and the clinic about it. Without your name and e-mail address, we cannot do that.
privacy-why-safe = To keep accounts safe, and to stop misuse. For this, we count requests from an internet address for up to a day, and we note for a day from which address a time was held.
privacy-why-law = Because clinics must keep records of appointments that took place.
privacy-why-not = We do not sell your data, we show no advertising, and we do not follow you on other sites.

privacy-seen-title = Who can see it
privacy-seen-you = You see everything in your account, and you can download all of it.
privacy-seen-clinic = The doctor and the people who work for the clinic see your appointments there, with the patient’s name. They do not see your e-mail address, your other appointments or your account. Administrators see from which internet addresses many times are held, without names. We record who views your appointments.
privacy-seen-public = Everyone can read reviews. They show your first name and the first letter of your family name, or no name if you choose so.
privacy-seen-operator = People who run this site for the operator can reach data where their work requires it. If the operator uses other companies to run servers or to send e-mail, they process data only on its behalf.
privacy-seen-calendar = Anyone who has your calendar link can read the appointments in it. You can delete the link at any time.
privacy-seen-nobody = Nobody else sees your data, unless a law requires us to hand it over.

privacy-kept-title = How long we keep it
privacy-kept-what = Data
privacy-kept-how-long = How long
privacy-kept-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
privacy-kept-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
privacy-kept-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
privacy-kept-account = Your account and the people you book for
privacy-kept-account-until = Until you delete them
privacy-kept-visits = Appointments, with the patient’s name
privacy-kept-visits-clinic = As long as the clinic must keep its records
# `$period` is a number of years.
privacy-kept-visits-years = { $period } after the appointment
privacy-kept-reviews = Reviews
privacy-kept-reviews-until = Until you delete them. If you delete your account, they stay without your name.
privacy-kept-holds = Times that you chose and did not book
privacy-kept-audit = Who did what, and who viewed appointments, as numbers without names
privacy-kept-audit-until = For good
privacy-kept-networks = From which network address a time was held
privacy-kept-visitor = What you enter to book without an account, if you do not finish
privacy-kept-codes = Codes that we sent, and what you entered to create an account, if you do not finish
privacy-kept-removed = People whom you remove from your account and who had no appointment
privacy-kept-addresses = Messages that we could not send
privacy-kept-messages = That we sent a message
privacy-kept-devices = Where you are signed in
privacy-kept-devices-until = Until you sign out, and at most 180 days
privacy-kept-access = Calendar links and keys for programs that you delete
privacy-kept-invitations = Invitations to work for a clinic, after they have ended
privacy-kept-events = What was changed in your account, and when
privacy-kept-agreed = What you agreed to
privacy-kept-agreed-until = Until you delete your account

privacy-cookies-title = Cookies
privacy-cookies-lead = We use only cookies that the site needs to work. We do not ask for permission because there is nothing to choose.
privacy-cookies-session = When you sign in: a cookie that keeps you signed in, and one that remembers for a year that you have signed in on this device, so that strangers cannot lock you out.
privacy-cookies-visitor = When you choose a time without signing in: a cookie that keeps your time for you. It ends after two hours.
privacy-cookies-steps = While you sign in or fill in a form: cookies that last for minutes and remember where you were.

privacy-rights-title = What you can do
# `$export` and `$delete` are the names of pages, as links.
privacy-rights-see = See and take along all your data: { $export }
privacy-rights-correct = Correct your name, your e-mail address and the people you book for in your { $account }
privacy-rights-account = account
privacy-rights-delete = Delete your account: { $delete }
privacy-rights-booked = Did you book without creating an account? We created one for your e-mail address. Sign in with a code that we send you, and you can do all of this too.
privacy-rights-object = You can object to how we use your data, or ask us to restrict it. Contact us, or the clinic for its records.
privacy-rights-complain = You can complain to the data protection authority of your country.

privacy-changes-title = Changes to this notice
privacy-changes = When we change what this notice says, it gets a new version. We then show you a notice the next time you use your account.
