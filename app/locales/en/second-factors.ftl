# Second factors: the authenticator app with its recovery codes, and passkeys.

security-title = Sign-in security
security-lead = Protect your account with a second step when you sign in, or with a passkey.
# An account of the clinic without a second factor.
security-missing-title = Your clinic asks for a second factor
security-missing = Set up an authenticator app or add a passkey. Until then, you can only use your account as a patient.
# They have a second factor, but have signed in without it.
security-sign-in-again = Sign in again with your authenticator app or your passkey. Until then, you can only use your account as a patient.
security-sign-in-again-button = Sign in again
# A button: a second factor is there, and they were on the way to another page.
security-go-on = Continue
# They took more than half an hour.
security-setup-expired = The setup took too long. Please start again.

## Authenticator app
security-authenticator-title = Authenticator app
security-authenticator-lead = An app on your phone shows a new code every 30 seconds. You enter the code after your password.
security-authenticator-set-up = Set up an authenticator app
security-authenticator-since = In use since { $date }.
security-codes-left = { $count ->
    [0] You have no recovery codes left.
    [one] You have { $count } recovery code left.
   *[other] You have { $count } recovery codes left.
}
security-codes-few = Get new recovery codes soon. Without your phone and without a recovery code, you cannot sign in with your password.
security-codes-renew = Get new recovery codes
security-authenticator-replace = Set up another phone
security-authenticator-remove = Remove the authenticator app
security-authenticator-remove-lead = You will no longer be asked for a code when you sign in. Your recovery codes stop working.
security-authenticator-remove-button = Remove authenticator app
security-authenticator-removed = The authenticator app was removed.

## Passkeys
security-passkeys-title = Passkeys
security-passkeys-lead = Sign in with your fingerprint, your face or your screen lock. You do not need a password or a code.
security-passkey-name = Name of the passkey
security-passkey-name-hint = For example: my phone
security-passkey-add = Add a passkey
security-passkey-added = The passkey was added. You can now sign in with it.
security-passkey-removed = The passkey was removed. You can also delete it on your device.
security-passkey-made = Added { $ago }.
security-passkey-used = Last used { $ago }.
security-passkey-not-used = Not used yet.
# Followed by the passkey’s name, for screen readers only.
security-passkey-remove = Remove
security-passkey-failed = The passkey was not added. Please try again.
security-passkey-known = This device already has a passkey for your account.
security-passkey-no-scripts = To add a passkey, turn on JavaScript in your browser.
security-passkey-not-here = This browser does not support passkeys. You can use another browser or an authenticator app.

## Setting up the app
authenticator-title = Set up an authenticator app
authenticator-step-install = Install an authenticator app on your phone, for example Google Authenticator or Microsoft Authenticator. Many password managers work, too.
authenticator-step-scan = In the app, add an account and scan this QR code.
authenticator-qr-code = QR code for your authenticator app
authenticator-open-app = On this phone: open the authenticator app
authenticator-type-key = If you cannot scan the code, enter this key in the app:
authenticator-step-code = Enter the code that the app shows.
authenticator-code = 6-digit code
authenticator-button = Finish setup

## Recovery codes
recovery-codes-title = Your recovery codes
recovery-codes-lead = If you lose your phone, enter one of these codes instead of the code from the app. Each code works once.
recovery-codes-once = Print these codes or write them down, and keep them in a safe place. We cannot show them again.
recovery-codes-done = Your authenticator app is set up.
recovery-codes-saved = I have saved my codes
