//! What every page, form and endpoint answers to every role.
//!
//! A cell has one letter for each of the actor's own things, those of the same clinic, and those of the other clinic:
//!
//! | letter | answer |
//! | --- | --- |
//! | y | it is allowed (a refusal for another reason, such as a wrong state, counts as allowed) |
//! | s | sign in first: 401, or a redirect to the sign-in page |
//! | f | not allowed: 403 |
//! | n | not found: 404 |
//! | i | not one of the choices: 422 |
//! | q | nothing happens, and the answer does not say so |
//!
//! Own is what the account has booked, and for the doctor what their patient has booked. The doctor, the receptionist
//! and the clinic administrator work at the first clinic, where everybody's own visit is.

/// For a visitor, a patient, a doctor, a receptionist, a clinic administrator, a platform administrator, an auditor.
pub type Rule = [&'static str; 7];

/// A request: the route as the server lists it, what is sent (placeholders in braces), and what is answered.
pub struct Row {
    pub route: &'static str,
    pub path: &'static str,
    pub body: &'static str,
    pub rule: Rule,
}

//                                visitor  patient  doctor   recept.  clinic a. platform  auditor
const PUBLIC: Rule = ["yyy", "yyy", "yyy", "yyy", "yyy", "yyy", "yyy"];
const SECRET_ADDRESS: Rule = ["nnn", "nnn", "nnn", "nnn", "nnn", "nnn", "nnn"];
const ACCOUNT: Rule = ["sss", "yyy", "yyy", "yyy", "yyy", "yyy", "yyy"];
const OWN_THING: Rule = ["sss", "ynn", "ynn", "ynn", "ynn", "ynn", "ynn"];
const OWN_OR_QUIET: Rule = ["sss", "yqq", "yqq", "yqq", "yqq", "yqq", "yqq"];
/// An expired step of signing in, or a wrong password or token.
const SIGN_IN_AGAIN: Rule = ["sss", "sss", "sss", "sss", "sss", "sss", "sss"];
const NOT_SET_UP: Rule = ["sss", "nnn", "nnn", "nnn", "nnn", "nnn", "nnn"];
const APPOINTMENT: Rule = ["sss", "ynn", "ynn", "yyn", "yyn", "yyy", "ynn"];
/// Who may see it is led to sign in with another account.
const BOOK_AS_ANOTHER: Rule = ["sss", "snn", "snn", "ssn", "ssn", "sss", "snn"];
const HOLDERS: Rule = ["sss", "ynn", "fnn", "yfn", "yfn", "yff", "ynn"];
const MARK: Rule = ["sss", "fnn", "ynn", "yyn", "yyn", "yyy", "fnn"];
const COMPLETE: Rule = ["sss", "fnn", "ynn", "ffn", "yyn", "yyy", "fnn"];
const REVIEW: Rule = ["sss", "ynn", "nnn", "fnn", "fnn", "fnn", "ynn"];
const OWN_REVIEW: Rule = ["sss", "ynn", "nnn", "ynn", "ynn", "ynn", "ynn"];
const ANSWER: Rule = ["sss", "nnn", "ynn", "nnn", "nnn", "nnn", "nnn"];
const DOCTORS_PAGE: Rule = ["sss", "fff", "yyy", "fff", "fff", "fff", "fff"];
const DOCTORS_APPOINTMENTS: Rule = ["sss", "nnn", "ynn", "yyn", "yyn", "yyy", "nnn"];
const SCHEDULE: Rule = ["sss", "nnn", "ynn", "nnn", "yyn", "yyy", "nnn"];
/// Who has no doctor's schedule at all is refused before the file is read.
const UPLOAD: Rule = ["sss", "fff", "ynn", "fff", "yyn", "yyy", "fff"];
/// A draft belongs to the account that has made it.
const DRAFT: Rule = ["sss", "nnn", "ynn", "nnn", "ynn", "ynn", "nnn"];
const FRONT_DESK: Rule = ["sss", "fff", "fff", "yyy", "yyy", "yyy", "fff"];
const ADMINISTRATION: Rule = ["sss", "fff", "fff", "fff", "yyy", "yyy", "fff"];
const AUDITOR: Rule = ["sss", "fff", "fff", "fff", "fff", "fff", "yyy"];
const OF_CLINIC: Rule = ["sss", "fff", "fff", "fff", "yyn", "yyy", "fff"];
const OF_CHOSEN_CLINIC: Rule = ["sss", "fff", "fff", "fff", "yyi", "yyy", "fff"];
const TEAM: Rule = ["sss", "nnn", "nnn", "nnn", "yyn", "yyy", "nnn"];

const fn page(route: &'static str, path: &'static str, rule: Rule) -> Row {
    Row { route, path, body: "", rule }
}

pub const PAGES: &[Row] = &[
    page("/", "/", PUBLIC),
    page("/doctors", "/doctors", PUBLIC),
    page("/doctors/{slug}", "/doctors/{slug}", PUBLIC),
    page("/help/calendars", "/help/calendars", PUBLIC),
    page("/privacy", "/privacy", PUBLIC),
    page("/terms", "/terms", PUBLIC),
    page("/book", "/book?slot={slot}", PUBLIC),
    page("/register", "/register", PUBLIC),
    page("/sign-in", "/sign-in", PUBLIC),
    page("/sign-in/again", "/sign-in/again", ACCOUNT),
    page("/sign-in/code", "/sign-in/code", PUBLIC),
    page("/sign-in/forgot", "/sign-in/forgot", PUBLIC),
    page("/sign-in/second-factor", "/sign-in/second-factor", ACCOUNT),
    // In a browser that has not opened one.
    page("/invitation", "/invitation", SECRET_ADDRESS),
    page("/invitations/{token}", "/invitations/{link}", PUBLIC),
    page("/account", "/account", ACCOUNT),
    page("/account/api-keys", "/account/api-keys", ACCOUNT),
    page("/account/delete", "/account/delete", ACCOUNT),
    page("/account/deleted", "/account/deleted", PUBLIC),
    page("/account/email", "/account/email", ACCOUNT),
    page("/account/export", "/account/export", ACCOUNT),
    page("/account/export/page", "/account/export/page", ACCOUNT),
    page("/account/name", "/account/name", ACCOUNT),
    page("/account/password", "/account/password", ACCOUNT),
    page("/account/security", "/account/security", ACCOUNT),
    page("/account/security/authenticator", "/account/security/authenticator", ACCOUNT),
    page("/account/security/recovery-codes", "/account/security/recovery-codes", ACCOUNT),
    page("/appointments", "/appointments", ACCOUNT),
    page("/appointments/calendar", "/appointments/calendar", ACCOUNT),
    page("/appointments/{id}", "/appointments/{appointment}", APPOINTMENT),
    page("/appointments/{id}/move", "/appointments/{appointment}/move", APPOINTMENT),
    page("/people", "/people", ACCOUNT),
    page("/people/{id}", "/people/{person}", OWN_THING),
    page("/calendar", "/calendar", DOCTORS_PAGE),
    page("/calendar/changes/{draft}", "/calendar/changes/{draft}", DRAFT),
    page("/calendar/connections", "/calendar/connections", DOCTORS_PAGE),
    page("/calendar/hours", "/calendar/hours", DOCTORS_PAGE),
    page("/calendar/reviews", "/calendar/reviews", DOCTORS_PAGE),
    page("/calendar/time-off", "/calendar/time-off", DOCTORS_PAGE),
    page("/admin", "/admin", ADMINISTRATION),
    page("/admin/appointments", "/admin/appointments", FRONT_DESK),
    // The clinic of somebody else is not one of the choices: the page shows another one.
    page("/admin/appointments", "/admin/appointments?clinic={clinic}&date=2026-11-25", FRONT_DESK),
    page("/admin/holidays", "/admin/holidays?clinic={clinic}", ADMINISTRATION),
    page("/admin/doctors/new", "/admin/doctors/new", ADMINISTRATION),
    page("/admin/doctors/{id}", "/admin/doctors/{doctor}", OF_CLINIC),
    page("/admin/doctors/{id}/connections", "/admin/doctors/{doctor}/connections", SCHEDULE),
    page("/admin/doctors/{id}/hours", "/admin/doctors/{doctor}/hours", SCHEDULE),
    page("/admin/doctors/{id}/suspend", "/admin/doctors/{doctor}/suspend", OF_CLINIC),
    page("/admin/doctors/{id}/time-off", "/admin/doctors/{doctor}/time-off", SCHEDULE),
    page("/admin/holidays", "/admin/holidays", ADMINISTRATION),
    page("/admin/holds", "/admin/holds", ADMINISTRATION),
    page("/admin/locations", "/admin/locations", ADMINISTRATION),
    page("/admin/locations/new", "/admin/locations/new", ADMINISTRATION),
    page("/admin/locations/{id}", "/admin/locations/{location}", OF_CLINIC),
    page("/admin/reviews", "/admin/reviews", ADMINISTRATION),
    page("/admin/team", "/admin/team", ADMINISTRATION),
    page("/audit", "/audit", AUDITOR),
    // In development mode only.
    page("/dev/mailbox", "/dev/mailbox", PUBLIC),
    page("/dev/pieces", "/dev/pieces", PUBLIC),
    // Those that are not Leptos' pages.
    page(
        "/appointments/{id}/calendar.ics",
        "/appointments/{appointment}/calendar.ics",
        APPOINTMENT,
    ),
    // A secret address, which signs nobody in.
    page("/feeds/{file}", "/feeds/{feed}.ics", SECRET_ADDRESS),
    page("/sitemap.xml", "/sitemap.xml", PUBLIC),
    page("/robots.txt", "/robots.txt", PUBLIC),
    page("/healthz", "/healthz", PUBLIC),
    page("/readyz", "/readyz", PUBLIC),
];

/// Routes of the router that are tested elsewhere, and why.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("/fn/{*name}", "the forms, below"),
    ("/doctors/{slug}/changes", "an answer that does not end; it has no session (`live_updates`)"),
    ("/account/export", "a form: `account_export` below"),
    ("/metrics", "on the listener for operations"),
];

const fn form(route: &'static str, body: &'static str, rule: Rule) -> Row {
    Row { route, path: "", body, rule }
}

pub const FORMS: &[Row] = &[
    // Signing in. Nobody needs a role, and most need a cookie of the step before.
    form("sign_in", "email=nobody%40example.org&password=four+calm+green+leaves", PUBLIC),
    form("forgot_password", "email=nobody%40example.org", PUBLIC),
    form("send_sign_in_code", "email=nobody%40example.org", PUBLIC),
    form("send_sign_in_code_again", "", PUBLIC),
    form("register", "name=New&email=new%40example.org&password=four+calm+green+leaves", PUBLIC),
    form("check_code", "code=12345600", PUBLIC),
    form("second_factor", "code=123456", SIGN_IN_AGAIN),
    form("passkey_options", "", PUBLIC),
    form("passkey_sign_in", "credential=%7B%7D", PUBLIC),
    form("prove_with_password", "password=four+calm+green+leaves", ACCOUNT),
    form("prove_with_code", "", ACCOUNT),
    // One's own account.
    form("rename_account", "name=Somebody", ACCOUNT),
    form("set_language", "language=en", ACCOUNT),
    form("change_email", "email=another%40example.org", ACCOUNT),
    form("send_email_code_again", "", PUBLIC),
    form("confirm_email", "code=12345600", PUBLIC),
    form("agree", "privacy=2026-11-30&terms=2026-11-30", ACCOUNT),
    form("account_export", "", ACCOUNT),
    form("create_api_key", "name=Key&scope=read", ACCOUNT),
    form("revoke_api_key", "id={api_key}", OWN_OR_QUIET),
    form("set_up_authenticator", "", ACCOUNT),
    form("confirm_authenticator", "code=123456", ACCOUNT),
    form("renew_recovery_codes", "", NOT_SET_UP),
    form("remove_authenticator", "", ACCOUNT),
    form("new_passkey_options", "", ACCOUNT),
    form("add_passkey", "name=Key&credential=%7B%7D", PUBLIC),
    form("remove_passkey", "id={passkey}", OWN_OR_QUIET),
    form("add_person", "name=Child", ACCOUNT),
    form("correct_person", "id={person}&name=Another", OWN_THING),
    form("remove_person", "id={person}", OWN_THING),
    form("add_feed", "kind=patient", ACCOUNT),
    form("set_feed_alarm", "kind=patient&id={feed}&alarm=60", OWN_THING),
    form("end_feed", "kind=patient&id={feed}", OWN_THING),
    // Appointments.
    form("hold", "slot={slot}&key={key}", PUBLIC),
    form("forget_visit", "", PUBLIC),
    form("month_times", "slug={slug}&month=2026-11", PUBLIC),
    form("day_times", "slug={slug}&date=2026-11-24", PUBLIC),
    form("sign_in_to_book", "id={appointment}&key={key}", BOOK_AS_ANOTHER),
    form("extend", "id={appointment}&key={key}", HOLDERS),
    form("confirm", "id={appointment}&code=12345600&key={key}", HOLDERS),
    form("send_code", "id={appointment}&key={key}", HOLDERS),
    form("release", "id={appointment}&key={key}", APPOINTMENT),
    form("cancel", "id={appointment}&version={version}&reason=Ill&key={key}", APPOINTMENT),
    form("reschedule", "id={appointment}&version={version}&slot={slot}&key={key}", APPOINTMENT),
    form("check_in", "id={appointment}&version={version}&key={key}", MARK),
    form("complete", "id={appointment}&version={version}&key={key}", COMPLETE),
    form("no_show", "id={appointment}&version={version}&key={key}", MARK),
    form("reopen", "id={appointment}&version={version}&key={key}", MARK),
    form("write_review", "id={appointment}&stars=5&version=1", REVIEW),
    form("withdraw_review", "id={appointment}&version=1", OWN_REVIEW),
    // Doctors.
    form("answer_review", "id={review}&version=1&answer=Thanks", ANSWER),
    form("propose_hours", "doctor={doctor}&version=1", SCHEDULE),
    form("take_time_off", "doctor={doctor}&version=1&from=2026-12-24&until=2026-12-25", SCHEDULE),
    form("add_single_day", "doctor={doctor}&version=1", SCHEDULE),
    form("remove_exception", "doctor={doctor}&version=1&line=0", SCHEDULE),
    form("save_schedule", "draft={draft}&doctor={doctor}", DRAFT),
    form("add_busy_address", "doctor={doctor}&name=Hospital&address=http://127.0.0.1/x", SCHEDULE),
    form("add_busy_file", "", UPLOAD),
    form("remove_busy", "doctor={doctor}&calendar={calendar}", SCHEDULE),
    // Administrators.
    form(
        "add_doctor",
        "clinic={clinic}&name=Dr+New&specialty=1&fee=500&status=draft",
        OF_CHOSEN_CLINIC,
    ),
    form(
        "add_location",
        "clinic={clinic}&name=New&address=Road&city=Panjim&time_zone=Asia/Kolkata",
        OF_CHOSEN_CLINIC,
    ),
    form(
        "save_location",
        "id={location}&version=1&clinic={clinic}&name=New&address=Road&city=Panjim&time_zone=Asia/Kolkata",
        OF_CHOSEN_CLINIC,
    ),
    form("save_holidays", "clinic={clinic}", TEAM),
    // Of each clinic, what the network holds there: nothing.
    form("release_holds", "network=192.0.2.7", ADMINISTRATION),
    form("hide_review", "id={review}&version=1&reason=Insult", OF_CLINIC),
    form("show_review", "id={review}&version=1", OF_CLINIC),
    form("invite_doctor", "doctor={doctor}&clinic={clinic}&email=new%40example.org", TEAM),
    form("invite_member", "clinic={clinic}&email=new%40example.org&role=receptionist", TEAM),
    // Those who are invited. The link is of another address than that of the actors.
    form("accept_invitation", "link={link}", ["sss", "fff", "fff", "fff", "fff", "fff", "fff"]),
    // Administrators again.
    form("invite_again", "id={invitation}", TEAM),
    form("withdraw_invitation", "id={invitation}", TEAM),
    form("remove_member", "from_clinic={clinic}&account={member}&role=receptionist", TEAM),
];

/// Forms after which another one would be answered differently: they end a session or a role, or take times away.
pub const FORMS_THAT_END: &[Row] = &[
    form("sign_out", "", PUBLIC),
    form("set_password", "password=seven+quiet+brown+stones", ACCOUNT),
    form("end_session", "id={session}", OWN_OR_QUIET),
    form("end_other_sessions", "", ACCOUNT),
    form("delete_account", "sure=yes", ACCOUNT),
    form(
        "save_doctor",
        "id={doctor}&version=1&clinic={clinic}&name=Dr+New&specialty=1&fee=500&status=draft",
        OF_CHOSEN_CLINIC,
    ),
    form("suspend_doctor", "id={doctor}&status=suspended&upcoming=keep", OF_CLINIC),
    form("unlink_doctor", "doctor={doctor}", TEAM),
    form(
        "join",
        "link={link}&name=New&password=four+calm+green+leaves",
        ["yyy", "fff", "fff", "fff", "fff", "fff", "fff"],
    ),
    form("sign_out_to_accept", "", PUBLIC),
];

const fn endpoint(route: &'static str, path: &'static str, rule: Rule) -> Row {
    Row { route, path, body: "", rule }
}

/// Without a body, the example of the description is sent.
pub const ENDPOINTS: &[Row] = &[
    endpoint("post /auth/codes", "/auth/codes", PUBLIC),
    endpoint("post /auth/login", "/auth/login", SIGN_IN_AGAIN),
    endpoint("post /auth/refresh", "/auth/refresh", SIGN_IN_AGAIN),
    endpoint("post /auth/register", "/auth/register", PUBLIC),
    endpoint("post /auth/verify", "/auth/verify", PUBLIC),
    endpoint("get /auth/sessions", "/auth/sessions", ACCOUNT),
    endpoint("get /doctors", "/doctors", PUBLIC),
    endpoint("get /doctors/{id}", "/doctors/{doctor}", PUBLIC),
    endpoint("get /doctors/{id}/reviews", "/doctors/{doctor}/reviews", PUBLIC),
    endpoint("get /doctors/{id}/slots", "/doctors/{doctor}/slots", PUBLIC),
    endpoint("get /specialties", "/specialties", PUBLIC),
    endpoint("get /suggestions", "/suggestions?q=doc", PUBLIC),
    endpoint("get /people", "/people", ACCOUNT),
    endpoint("post /people", "/people", ACCOUNT),
    endpoint("delete /people/{id}", "/people/{person}", OWN_THING),
    endpoint("get /appointments", "/appointments", ACCOUNT),
    Row {
        route: "post /appointments",
        path: "/appointments",
        body: r#"{"slot_id": {slot}}"#,
        rule: ACCOUNT,
    },
    endpoint("get /appointments/{id}", "/appointments/{appointment}", APPOINTMENT),
    endpoint("get /appointments/{id}/slots", "/appointments/{appointment}/slots", APPOINTMENT),
    endpoint("post /appointments/{id}/cancel", "/appointments/{appointment}/cancel", APPOINTMENT),
    endpoint("post /appointments/{id}/check-in", "/appointments/{appointment}/check-in", MARK),
    endpoint("post /appointments/{id}/complete", "/appointments/{appointment}/complete", COMPLETE),
    endpoint("post /appointments/{id}/confirm", "/appointments/{appointment}/confirm", HOLDERS),
    endpoint("post /appointments/{id}/extend", "/appointments/{appointment}/extend", HOLDERS),
    endpoint("post /appointments/{id}/no-show", "/appointments/{appointment}/no-show", MARK),
    endpoint("post /appointments/{id}/reopen", "/appointments/{appointment}/reopen", MARK),
    Row {
        route: "post /appointments/{id}/reschedule",
        path: "/appointments/{appointment}/reschedule",
        body: r#"{"slot_id": {slot}}"#,
        rule: APPOINTMENT,
    },
    endpoint("post /appointments/{id}/send-code", "/appointments/{appointment}/send-code", HOLDERS),
    endpoint("get /appointments/{id}/review", "/appointments/{appointment}/review", OWN_REVIEW),
    endpoint("put /appointments/{id}/review", "/appointments/{appointment}/review", REVIEW),
    endpoint("delete /appointments/{id}/review", "/appointments/{appointment}/review", OWN_REVIEW),
    endpoint(
        "get /doctors/{id}/appointments",
        "/doctors/{doctor}/appointments",
        DOCTORS_APPOINTMENTS,
    ),
    endpoint("get /doctors/{id}/schedule", "/doctors/{doctor}/schedule", SCHEDULE),
    endpoint("put /doctors/{id}/schedule", "/doctors/{doctor}/schedule", SCHEDULE),
    endpoint("post /doctors/{id}/schedule/preview", "/doctors/{doctor}/schedule/preview", SCHEDULE),
];

pub const ENDPOINTS_THAT_END: &[Row] = &[
    endpoint("post /auth/logout", "/auth/logout", ACCOUNT),
    endpoint("delete /auth/sessions/{id}", "/auth/sessions/{session}", OWN_THING),
];
