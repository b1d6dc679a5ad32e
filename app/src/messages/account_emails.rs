//! The texts of e-mails about accounts. None of them reveals whether somebody else's address has an account.
//!
//! They are in the language of [`crate::i18n::with`]: the recipient's.

use nadi::notification_rules::SignInChange;
use nadi::ports::{ProofPurpose, TeamRole};

use super::emails::without_marks;
use crate::i18n::text;

/// The e-mail with the code that proves an address: subject and body. The same whether or not the address has an
/// account.
pub fn code(code: &str, purpose: ProofPurpose, public_url: &str) -> (String, String) {
    let site = host(public_url);
    let body = match purpose {
        ProofPurpose::Register | ProofPurpose::SignIn => {
            text!("account-email-code-body", code, site)
        }
        ProofPurpose::ChangeEmail => text!("account-email-new-address-body", code, site),
    };
    (without_marks(text!("email-code-subject", code), code), ended(without_marks(body, code)))
}

/// The data of an invitation.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    pub clinic: &'a str,
    /// The name on the profile that the recipient gets; without one, they join the team.
    pub doctor: Option<&'a str>,
    pub role: TeamRole,
    /// The name of who invites, if it is told.
    pub inviter: Option<&'a str>,
    pub link: &'a str,
}

/// The e-mail with an invitation: subject and body.
pub fn invitation(invitation: &Invitation) -> (String, String) {
    let Invitation { clinic, doctor, role, inviter, link } = *invitation;
    let who = match (doctor, role, inviter) {
        (Some(doctor), _, Some(inviter)) => {
            text!("account-email-invitation-doctor", inviter, doctor, clinic)
        }
        (Some(doctor), _, None) => {
            text!("account-email-invitation-doctor-unsigned", doctor, clinic)
        }
        (None, TeamRole::Administrator, Some(inviter)) => {
            text!("account-email-invitation-administrator", inviter, clinic)
        }
        (None, TeamRole::Administrator, None) => {
            text!("account-email-invitation-administrator-unsigned", clinic)
        }
        (None, TeamRole::Receptionist, Some(inviter)) => {
            text!("account-email-invitation-receptionist", inviter, clinic)
        }
        (None, TeamRole::Receptionist, None) => {
            text!("account-email-invitation-receptionist-unsigned", clinic)
        }
    };
    let body = text!("account-email-invitation-body", who, link);
    (text!("account-email-invitation-subject", clinic), ended(without_marks(body, link)))
}

/// The e-mail to the old address of an account: subject and body.
pub fn email_changed(public_url: &str) -> (String, String) {
    let body = text!("account-email-changed-body", site = host(public_url));
    (text!("account-email-changed-subject"), ended(body))
}

/// The e-mail about a change of how an account is signed in to: subject and body. `link`: where somebody sets a new
/// password who cannot sign in.
pub fn sign_in_changed(what: SignInChange, public_url: &str, link: &str) -> (String, String) {
    let site = host(public_url);
    let what = match what {
        SignInChange::Password => text!("account-email-sign-in-password", site),
        SignInChange::PasskeyAdded => text!("account-email-sign-in-passkey-added", site),
        SignInChange::PasskeyRemoved => text!("account-email-sign-in-passkey-removed", site),
        SignInChange::AuthenticatorAdded => {
            text!("account-email-sign-in-authenticator-added", site)
        }
        SignInChange::AuthenticatorRemoved => {
            text!("account-email-sign-in-authenticator-removed", site)
        }
        SignInChange::RecoveryCodes => text!("account-email-sign-in-recovery-codes", site),
        SignInChange::ApiKey => text!("account-email-sign-in-api-key", site),
        SignInChange::CalendarLink => text!("account-email-sign-in-calendar-link", site),
        SignInChange::SignedOut => text!("account-email-sign-in-signed-out", site),
        SignInChange::FactorResetRequested => {
            text!("account-email-sign-in-factor-reset-requested", site)
        }
        SignInChange::FactorsReset => text!("account-email-sign-in-factors-reset", site),
    };
    let body = text!("account-email-sign-in-body", what, link);
    (text!("account-email-sign-in-subject"), ended(without_marks(body, link)))
}

/// The e-mail after an account was deleted: subject and body.
pub fn account_deleted(public_url: &str) -> (String, String) {
    let body = text!("account-email-deleted-body", site = host(public_url));
    (text!("account-email-deleted-subject"), ended(body))
}

/// The address of the website without its scheme.
fn host(public_url: &str) -> &str {
    public_url.split_once("://").map_or(public_url, |(_, host)| host)
}

/// A body ends with a line break.
fn ended(body: String) -> String {
    body + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://nadi.example";

    #[test]
    fn registering_and_signing_in_send_the_same_mail() {
        let register = code("12345678", ProofPurpose::Register, SITE);
        assert_eq!(register, code("12345678", ProofPurpose::SignIn, SITE));
        let (subject, body) = register;
        assert_eq!(subject, "12345678 is your Nadi code");
        assert!(body.starts_with("Your code is 12345678\n"), "{body}");
        assert!(body.contains("entered this e-mail address on nadi.example."), "{body}");
        for word in ["register", "sign in", "your account", "new account"] {
            assert!(!body.to_lowercase().contains(word), "{word} in {body}");
        }
        assert_ne!(body, code("12345678", ProofPurpose::ChangeEmail, SITE).1);
    }

    #[test]
    fn an_invitation_says_who_invites_to_what() {
        let link = "https://nadi.example/invitations/abc";
        let clinic = "Panjim Clinic";
        for (doctor, role) in [
            (None, TeamRole::Administrator),
            (None, TeamRole::Receptionist),
            (Some("Dr Asha Rao"), TeamRole::Administrator),
        ] {
            for inviter in [None, Some("Ravi Naik")] {
                let (subject, body) =
                    invitation(&Invitation { clinic, doctor, role, inviter, link });
                assert_eq!(subject, "Invitation to join Panjim Clinic");
                assert!(body.contains("\nhttps://nadi.example/invitations/abc\n"), "{body}");
                assert_eq!(body.contains("Dr Asha Rao"), doctor.is_some(), "{body}");
                assert_eq!(body.contains("Ravi Naik"), inviter.is_some(), "{body}");
                let desk = doctor.is_none() && role == TeamRole::Receptionist;
                assert_eq!(body.contains("front desk"), desk, "{body}");
            }
        }
    }

    #[test]
    fn each_change_of_the_sign_in_is_named_and_has_a_way_out() {
        let link = "https://nadi.example/sign-in/forgot";
        let bodies = SignInChange::ALL.map(|what| sign_in_changed(what, SITE, link).1);
        for body in &bodies {
            assert!(body.ends_with("\nhttps://nadi.example/sign-in/forgot\n"), "{body}");
            assert_eq!(bodies.iter().filter(|other| *other == body).count(), 1, "{body}");
        }
    }

    #[test]
    fn notices_do_not_tell_the_new_address() {
        for (subject, body) in [email_changed(SITE), account_deleted(SITE)] {
            assert!(!subject.is_empty() && !body.contains('@'), "{body}");
            assert!(body.contains("nadi.example"), "{body}");
        }
    }
}
