//! External calendars that block a doctor's time: subscribed by URL, or uploaded as a file.

use leptos::prelude::*;

use crate::error::FormFailure;

#[cfg(feature = "ssr")]
pub use file::{AddBusyFile, FORM_BYTES_MAX};

/// Subscribes to a calendar at a URL, then shows what was found in it.
#[server(prefix = "/fn", endpoint = "add_busy_address")]
pub async fn add_busy_address(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] name: String,
    #[server(default)] address: String,
    #[server(default)] owner_email: String,
) -> Result<(), FormFailure> {
    let page = crate::links::SchedulePages::of(own, &doctor).connections();
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let (name, address) = typed::address(&name, &address).map_err(nadi::Failure::Invalid)?;
    let new = nadi::ports::NewBusyCalendar { name, owner_email };
    let read = ports.busy.add_address(&caller, super::parse_id(&doctor)?, new, address).await;
    if let Some(read) = super::or_sign_in(read, &page)? {
        super::redirect(&typed::found(&read, &page));
    }
    Ok(())
}

/// Removes an external calendar; its times are no longer blocked.
#[server(prefix = "/fn", endpoint = "remove_busy")]
pub async fn remove_busy(
    doctor: String,
    #[server(default)] own: bool,
    calendar: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::SchedulePages::of(own, &doctor).connections();
    let (doctor, calendar) = (super::parse_id(&doctor)?, super::parse_id(&calendar)?);
    let removed = ports.busy.remove(&caller, doctor, calendar).await;
    if super::or_sign_in(removed, &page)?.is_some() {
        super::redirect(&format!("{page}?done=removed"));
    }
    Ok(())
}

/// Parsing of what was typed, and the result of reading a calendar as URL parameters.
#[cfg(feature = "ssr")]
pub mod typed {
    use nadi::failure::{Field, FieldProblem, Problem};
    use nadi::ical::{Warning, WarningReason, Warnings};
    use nadi::input::line;
    use nadi::ports::BusyRead;

    use crate::links::Query;

    pub const NAME_CHARS_MAX: u32 = 100;
    pub const ADDRESS_CHARS_MAX: u32 = 2_000;
    /// How the name of a file with a calendar may end: as RFC 5545 says, and as calendar programs write it.
    pub const ENDINGS: [&str; 4] = ["ics", "ical", "ifb", "vcs"];

    /// # Errors
    /// Every field that cannot be used.
    pub fn address(name: &str, address: &str) -> Result<(String, String), Vec<FieldProblem>> {
        let name = line(Field::Name, name, NAME_CHARS_MAX);
        let address = line(Field::Calendar, address, ADDRESS_CHARS_MAX);
        match (name, address) {
            (Ok(name), Ok(address)) => Ok((name, address)),
            (name, address) => Err([name.err(), address.err()].into_iter().flatten().collect()),
        }
    }

    /// The name of an uploaded calendar: as typed, or the name of the file.
    ///
    /// # Errors
    /// Every field that cannot be used.
    pub fn file(name: &str, file_name: &str, content: &[u8]) -> Result<String, Vec<FieldProblem>> {
        let of_file = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let (of_file, ending) = of_file.rsplit_once('.').unwrap_or((of_file, ""));
        let is_calendar = ENDINGS.contains(&ending.to_ascii_lowercase().as_str());
        if !content.is_empty() && !is_calendar {
            let reason = nadi::failure::CalendarFault::NotACalendar;
            let problem = Problem::MalformedAt { line: 1, reason };
            return Err(vec![FieldProblem { field: Field::Calendar, problem }]);
        }
        let name = if name.trim().is_empty() { of_file } else { name };
        let missing = content
            .is_empty()
            .then_some(FieldProblem { field: Field::Calendar, problem: Problem::Missing });
        match (line(Field::Name, name, NAME_CHARS_MAX), missing) {
            (Ok(name), None) => Ok(name),
            // Without a file, the name is missing as well; report only the file.
            (Err(problem), Some(missing)) if problem.problem == Problem::Missing => {
                Err(vec![missing])
            }
            (name, missing) => Err([name.err(), missing].into_iter().flatten().collect()),
        }
    }

    /// How many warnings are put into the URL.
    const LINES_MAX: usize = 5;

    /// The page with what was read: `?read=12.3.1`, and the warnings: `&passed=7.line~9.rule&more=3`.
    pub fn found(read: &BusyRead, page: &str) -> String {
        let BusyRead { times, times_removed, conflicts, warnings } = read;
        let mut query = Query::new().with("read", &format!("{times}.{times_removed}.{conflicts}"));
        let lines = warnings.lines.iter().take(LINES_MAX);
        let told: Vec<_> = lines.map(|one| format!("{}.{}", one.line, one.reason.word())).collect();
        if !told.is_empty() {
            let more = warnings.lines.len() - told.len() + warnings.more;
            query = query.with("passed", &told.join("~")).with("more", &more.to_string());
        }
        query.on(page)
    }

    /// The warnings from the URL that [`found`] made.
    pub fn warnings(lines: &str, more: &str) -> Warnings {
        let one = |text: &str| {
            let (line, word) = text.split_once('.')?;
            Some(Warning { line: line.parse().ok()?, reason: WarningReason::of_word(word)? })
        };
        let lines = lines.split('~').filter_map(one).take(LINES_MAX).collect();
        Warnings { lines, more: more.parse().unwrap_or(0) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_calendar_without_a_name_gets_that_of_its_file() {
            assert_eq!(file("", "C:\\me\\Roster.ics", b"x"), Ok("Roster".to_owned()));
            assert_eq!(file("Hospital", "Roster.ics", b"x"), Ok("Hospital".to_owned()));
            let missing = |field| FieldProblem { field, problem: Problem::Missing };
            assert_eq!(file("", "", b""), Err(vec![missing(Field::Calendar)]));
            assert_eq!(file("Hospital", "", b""), Err(vec![missing(Field::Calendar)]));
            assert_eq!(file("", ".ics", b"x"), Err(vec![missing(Field::Name)]));
        }

        #[test]
        fn only_files_with_the_ending_of_a_calendar_are_read() {
            for name in ["a.ics", "A.ICS", "a.b.ical", "a.ifb", "a.vcs"] {
                assert_eq!(file("Hospital", name, b"x"), Ok("Hospital".to_owned()), "{name}");
            }
            for name in ["", "a", "ics", "a.ics.exe", "a.html", "a.svg", "a.ics/", "a.ics "] {
                let problems = file("Hospital", name, b"x").expect_err(name);
                assert_eq!(problems[0].field, Field::Calendar, "{name}");
            }
        }

        #[test]
        fn skipped_lines_are_passed_on_in_the_address() {
            let line = |line, reason| Warning { line, reason };
            let lines: Vec<_> =
                (7..).zip(WarningReason::ALL).map(|(n, why)| line(n, why)).collect();
            let read = BusyRead {
                warnings: Warnings { lines: lines.clone(), more: 2 },
                ..BusyRead::default()
            };
            let page = found(&read, "/calendar/connections");
            let value = |name: &str| {
                let (_, rest) = page.split_once(&format!("{name}=")).expect("a value");
                rest.split('&').next().expect("a value").replace("%7E", "~")
            };
            let told = warnings(&value("passed"), &value("more"));
            let more = 2 + lines[5..].len();
            assert_eq!(told, Warnings { lines: lines[..5].to_vec(), more });
            assert_eq!(warnings("x~7.nonsense~.line", "-1"), Warnings::default());
        }

        #[test]
        fn both_problems_of_an_address_are_named() {
            assert_eq!(address(" ", "").map_err(|found| found.len()), Err(2));
        }
    }
}

/// File uploads by plain forms. The client never sends one, so this code is not part of it.
#[cfg(feature = "ssr")]
mod file {
    use axum::body::Body;
    use axum::extract::multipart::MultipartError;
    use axum::extract::{FromRequest, Multipart};
    use axum::http::header::{HeaderName, HeaderValue};
    use axum::http::{Method, Request, StatusCode};
    use leptos::prelude::*;
    use leptos::server_fn::ContentType;
    use leptos::server_fn::codec::{Encoding, FromReq, IntoReq};
    use leptos_axum::ResponseOptions;
    use nadi::Failure;

    use super::typed;
    use crate::error::FormFailure;
    use crate::links::{Query, SchedulePages};

    /// The size limit of a form with a file: the file and the other fields, in bytes.
    pub const FORM_BYTES_MAX: usize = nadi::ical::FILE_BYTES_MAX + 64 * 1024;

    /// `multipart/form-data` (RFC 7578), as browsers send files.
    pub struct FileForm;

    impl ContentType for FileForm {
        const CONTENT_TYPE: &'static str = "multipart/form-data";
    }

    impl Encoding for FileForm {
        const METHOD: Method = Method::POST;
    }

    /// Reads an uploaded calendar once, then shows what was found in it.
    #[server(prefix = "/fn", endpoint = "add_busy_file", input = FileForm)]
    pub async fn add_busy_file(
        doctor: String,
        own: bool,
        name: String,
        owner_email: String,
        file_name: String,
        content: Vec<u8>,
    ) -> Result<(), FormFailure> {
        keep(&name, &owner_email);
        let page = SchedulePages::of(own, &doctor).connections();
        let Some((caller, ports)) = crate::fns::signed_in_request(&page)? else { return Ok(()) };
        let name = typed::file(&name, &file_name, &content).map_err(Failure::Invalid)?;
        let doctor = crate::fns::parse_id(&doctor)?;
        let new = nadi::ports::NewBusyCalendar { name, owner_email };
        let read = ports.busy.add_file(&caller, doctor, new, content).await;
        if let Some(read) = crate::fns::or_sign_in(read, &page)? {
            crate::fns::redirect(&typed::found(&read, &page));
        }
        Ok(())
    }

    /// What was typed beside the file, for the case that the form fails: the server takes this header
    /// off again.
    fn keep(name: &str, owner_email: &str) {
        let header = HeaderName::from_static(crate::context::TYPED_HEADER);
        let query = Query::new().with("file_name", name).with("file_owner_email", owner_email);
        let value = query.on("");
        let value = HeaderValue::from_str(value.trim_start_matches('?'));
        if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), value) {
            options.insert_header(header, value);
        }
    }

    impl FromReq<FileForm, Request<Body>, FormFailure> for AddBusyFile {
        async fn from_req(request: Request<Body>) -> Result<Self, FormFailure> {
            let malformed = |error: MultipartError| {
                let large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
                FormFailure(if large { Failure::TooLarge } else { Failure::Malformed })
            };
            let mut parts = Multipart::from_request(request, &())
                .await
                .map_err(|_| FormFailure(Failure::Malformed))?;
            let mut form = Self {
                doctor: String::new(),
                own: false,
                name: String::new(),
                owner_email: String::new(),
                file_name: String::new(),
                content: Vec::new(),
            };
            while let Some(part) = parts.next_field().await.map_err(malformed)? {
                let name = part.name().unwrap_or_default().to_owned();
                match name.as_str() {
                    "doctor" => form.doctor = part.text().await.map_err(malformed)?,
                    "own" => form.own = part.text().await.map_err(malformed)? == "true",
                    "file_name" => form.name = part.text().await.map_err(malformed)?,
                    "file_owner_email" => {
                        form.owner_email = part.text().await.map_err(malformed)?;
                    }
                    "file" => {
                        form.file_name = part.file_name().unwrap_or_default().to_owned();
                        form.content = part.bytes().await.map_err(malformed)?.into();
                    }
                    _ => {}
                }
            }
            Ok(form)
        }
    }

    /// Never used: only plain forms send it.
    impl<R> IntoReq<FileForm, R, FormFailure> for AddBusyFile {
        fn into_req(self, _: &str, _: &str) -> Result<R, FormFailure> {
            Err(Failure::Malformed.into())
        }
    }
}
