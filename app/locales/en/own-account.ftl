# The account page, and the pages where the account is changed, exported and deleted.

account-title = Your account
account-change = Change
account-set = Set
account-manage = Manage
# A link that leads to setting up two-step sign-in.
account-set-up = Set up
account-add = Add
account-save = Save

## What was just done
account-done-name = Your name was changed.
account-done-email = Your e-mail address was changed. We have told your old address.
# Below the sentence that the address, a passkey or the authenticator app was changed.
account-others-stay = Your other devices stay signed in. If someone else may have used your account, sign them out.
account-done-password = Your password was changed. You were signed out everywhere else.
account-done-signed-out = Signed out.
account-done-signed-out-others = Signed out on all other devices.

## Your details
account-details-title = Your details
account-email = E-mail address
account-password = Password
account-password-is-set = Set
account-password-not-set = Not set. We e-mail you a code when you sign in.
account-two-step = Two-step sign-in
account-two-step-on = On, with an authenticator app
account-two-step-off = Off
# The account has neither an authenticator app nor a passkey.
account-two-step-needed = Off. Your clinic asks for two-step sign-in or a passkey.
account-passkeys = Passkeys
account-passkeys-count = { $count ->
    [one] { $count } passkey
   *[other] { $count } passkeys
}
account-passkeys-none = None

## Links to other pages
account-appointments-title = Appointments
account-my-appointments = My appointments
account-people = People you book for
account-calendar-links = Appointments in your own calendar
account-data-title = Your data
# `$document` is a link: privacy notice or terms of use. `$version` and `$date` are dates.
account-agreed = { $document }, version of { $version }: you agreed on { $date }.
account-agreed-none = You have not agreed to our privacy notice and terms of use yet.
account-programs-title = For developers
account-api-keys = Keys for programs (API)

## Messages
account-messages-title = Messages
account-messages = We e-mail { $email } when you book, and when an appointment is moved or cancelled. We also send codes, and a notice when your account changes.

## Where you are signed in
account-devices-title = Where you are signed in
account-devices-lead = Sign out any device that you do not know, and change your password.
# A browser and a system: `Chrome on Android`.
account-device = { $browser } on { $system }
# $name: what the program calls itself.
account-device-program = Program: { $name }
account-device-unknown = Unknown device
account-device-api = API
account-device-this = This device
# $ago is `5 hours ago`.
account-device-since = Signed in { $ago }.
# Of the device on which this page is open.
account-device-in-use = In use now.
account-device-seen-lately = Last used less than 2 hours ago.
account-device-seen = Last used { $ago }.
account-sign-out = Sign out
account-sign-out-others = Sign out everywhere else

## Name
account-name-title = Change your name
account-name-lead = Doctors and clinics see this name on your appointments.
account-name-label = Full name

## E-mail address
account-email-title = Change your e-mail address
account-email-lead = We send a code to the new address. Your address changes when you enter the code.
account-email-present = Your address now: { $email }
account-email-label = New e-mail address
account-email-send-button = Send code
account-email-same = This is already your address.
account-email-code-title = Enter the code
account-email-code-sent = We have sent a code to { $email }.
account-email-code-sent-again = We have sent you a new code. The previous code no longer works.
account-email-code-label = Code from the e-mail
account-email-code-hint = 8 digits. It can take a minute to arrive. Check your spam folder too.
account-email-confirm-button = Change address
account-email-code-again = Send a new code
account-email-other = Use another address

## Password
account-password-change-title = Change your password
account-password-set-title = Set a password
# They have forgotten the old one.
account-password-new-title = Choose a new password
account-password-lead = You will be signed out everywhere else.
account-password-keys = Your API keys will stop working.
account-password-links = Your calendar links will stop working.
account-password-old-label = Current password
account-password-forgotten = I forgot it: e-mail me a code
account-password-label = New password
# $count: at least 8, so the singular is not needed in English.
account-password-hint = Use at least { $count } characters. A few random words are easy to remember.
account-password-button = Save password

## Export
account-export-title = Download your data
account-export-lead = Get everything that we store about you.
account-export-parts = You get your account, the people you book for, all your appointments with their history, your reviews, the messages we sent you, what you agreed to, the devices you are signed in on, your API keys and calendar links, and, if you work for a clinic, your role and profile there.
account-export-secrets = Passwords, keys and codes are not in it. The file is in JSON format, which other programs can read.
account-export-button = Download file
account-export-page = Read or print your data as a page

## Deleting the account
account-delete-title = Delete your account
account-delete-lead = You cannot undo this.
account-delete-gone-title = What we delete
account-delete-gone-sign-in = Your e-mail address, your password, and everything else you sign in with
account-delete-gone-people = The dates of birth of the people you book for, and the names of those who had no appointment
account-delete-gone-links = Your calendar links and API keys
account-delete-kept-title = What stays
account-delete-kept-visits = Clinics must keep records of appointments that took place. These stay with the clinic, with the patient’s name but without contact details.
account-delete-kept-reviews = Your reviews stay without your name. To remove a review, delete it before you delete your account.
account-delete-export = Download your data first
account-delete-sure = I want to delete my account
account-delete-button = Delete account
account-delete-keep = Keep account
account-delete-unticked = Tick the box to delete your account.
account-delete-ahead = Someone on your account still has an appointment. Cancel it first, or wait until it is over.
account-delete-ahead-title = You cannot delete your account yet
account-delete-appointments = See your appointments
account-deleted-title = Your account was deleted
account-deleted-lead = We have sent a confirmation to your e-mail address. You can create a new account with it at any time.
account-deleted-home = Go to the home page

## API keys
api-keys-title = Keys for programs
api-keys-lead = With a key, a program can use Nadi for you without your password.
# $help: the next text, a link.
api-keys-documentation = See { $help }.
api-keys-help = how programs use Nadi
api-keys-none = You have no keys.
api-keys-new-title = Create a key
api-key-name = Name
api-key-name-hint = What you use it for, such as “front desk screen”.
api-key-scope = What it may do
api-key-scope-read = Read only
api-key-scope-write = Read and change
api-key-until = Last day it works (optional)
api-key-until-hint = At most two years from now. Without a date, it works for a year.
api-key-create-button = Create key
api-key-created = Your key was created.
api-key-copy = Copy it now. We do not show it again.
api-key-new-label = Your new key
api-key-revoked = Revoked. The key no longer works.
api-key-revoke-button = Revoke
# $ending: the last characters of the key.
api-key-ending = Ends in { $ending }.
# $ago is `5 hours ago`.
api-key-made = Created { $ago }.
api-key-used = Last used { $ago }.
api-key-not-used = Not used yet.
api-key-works-until = Works until { $date }.
api-key-expired = Expired on { $date }.
