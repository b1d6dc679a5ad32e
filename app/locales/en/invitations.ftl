# Invitations: how doctors, administrators and receptionists join a clinic.

## On a doctor’s page, for administrators: who signs in as the doctor

doctor-sign-in-title = Sign-in
# `$email`: the address of the account.
doctor-sign-in-linked = { $email } signs in as this doctor.
doctor-sign-in-linked-without-email = Someone signs in as this doctor.
doctor-sign-in-none = Nobody can sign in as this doctor yet. Invite the doctor so that they can see their own calendar.
doctor-sign-in-remove-hint = If you remove the sign-in, this person can no longer see the doctor’s calendar. The doctor’s profile and appointments do not change.
doctor-sign-in-remove-button = Remove sign-in
doctor-sign-in-removed-done = Sign-in removed. You can invite someone else.
doctor-invite-email = Doctor’s e-mail address
doctor-invite-hint = We will e-mail a link to this address. The doctor uses the link to sign in or to create an account.
doctor-invite-button = Send invitation
# There is an open invitation already.
doctor-invite-other-button = Send to this address instead

## Open invitations, for administrators

# `$date`: the last day of the link.
invitation-open = Invitation sent to { $email }. The link works until { $date }.
invitation-expired = The invitation to { $email } has expired. Send it again if it is still needed.
invitation-expired-badge = Expired
# `$doctor`: the doctor’s name, a link.
invitation-as-doctor = Sign-in for { $doctor }
invitation-as-administrator = Administrator
invitation-as-receptionist = Receptionist
invitation-again-button = Send again
invitation-withdraw-button = Withdraw invitation
# The same buttons for screen readers.
invitation-again-to = Send the invitation to { $email } again
invitation-withdraw-to = Withdraw the invitation to { $email }
invitation-sent-done = Invitation sent.
invitation-withdrawn-done = Invitation withdrawn. The link no longer works.

## The team: the administrators and receptionists of the clinics

team-title = Team
team-lead = Administrators manage doctors, locations and appointments. Receptionists see and change appointments only.
team-members = Members
team-column-name = Name
team-column-email = E-mail
team-column-role = Role
team-column-clinic = Clinic
team-role-administrator = Administrator
team-role-receptionist = Receptionist
team-column-remove = Remove
team-you = (you)
team-remove-button = Remove
# After somebody has pressed the button above.
team-remove-lead = This person will no longer be able to manage the clinic.
team-remove-sure = Remove administrator
# For screen readers.
team-remove = Remove { $name }
team-removed-done = Removed from the team.
team-none-title = No one in the team yet
team-none-text = Invite the first clinic administrator below.
team-invitations = Invitations
team-invite-title = Invite someone
team-invite-role = Role
team-invite-as-administrator = Administrator: manages doctors, locations, opening hours and appointments
team-invite-as-receptionist = Receptionist: sees and changes appointments
team-invite-email = E-mail address
team-invite-hint = We will e-mail a link to this address. The link works for 7 days.
team-invite-clinic = Clinic
team-invite-button = Send invitation

## The page that the link leads to

invitation-title = You are invited
invitation-received-doctor = { $clinic } invites you to sign in as { $doctor }, to see your calendar and set your opening hours.
invitation-received-administrator = { $clinic } invites you to be an administrator. Administrators manage doctors, locations and appointments.
invitation-received-receptionist = { $clinic } invites you to be a receptionist. Receptionists see and change the appointments of the clinic’s patients.
invitation-received-until = The link works until { $date }.
invitation-accept-button = Accept invitation
# The invited address has an account.
invitation-sign-in = Sign in as { $email } to accept.
invitation-sign-in-button = Sign in
invitation-other-account = This invitation is for { $email }, but you are signed in with another account. Sign out to continue.
invitation-sign-out-button = Sign out
invitation-new-account = Create your account to accept. You will sign in with { $email }.
invitation-name = Your name
invitation-password = Password
invitation-password-hint = At least { $count } characters. Three or four random words are easy to remember.
invitation-join-button = Create account and accept
invitation-invalid-title = This invitation is no longer valid
invitation-invalid-lead = It has expired, was already accepted, or was replaced by a newer one.
invitation-invalid-text = If you have accepted it, sign in. Otherwise, ask the clinic for a new invitation.
