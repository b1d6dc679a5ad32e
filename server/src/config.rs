//! Configuration from the environment. A missing or invalid value stops the start
//! with the name of the variable and the expected value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use chrono::Duration;
use nadi::appointment::VISITS_PER_DOCTOR;
use redis::{ConnectionAddr, IntoConnectionInfo};
use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;
use zxcvbn::zxcvbn;

use crate::clock::SystemClock;
use crate::keys::source::KeyPlace;

/// How the binary runs. The default is production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Production,
    /// Messages go to `/dev/mailbox`; pages show the demo sign-ins; connections to other machines may lack TLS.
    Development,
}

/// What it takes to confirm a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The code that was sent by e-mail.
    Otp,
    /// The code, except for accounts whose e-mail address is already verified.
    Instant,
}

/// Whether doctors and administrators need a second factor to act as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffSecondFactor {
    /// Without one they act as patients only.
    Required,
    Optional,
}

/// From where new calendars may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarSources {
    /// By https on port 443 only.
    Https,
    /// Also by http, and on port 80 and every port from 1024 on.
    Any,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: SecretString,
    /// A replica for reads; the main database when absent.
    pub database_read_url: Option<SecretString>,
    /// For holds, if `database_url` leads through a transaction pooler.
    pub database_holds_url: Option<SecretString>,
    pub database_connections: u32,
    /// The most HTTP connections that may be open at once.
    pub connections: usize,
    /// The most of them that one peer may have, unless all come from proxies.
    pub connections_per_peer: usize,
    pub redis_url: Option<SecretString>,
    pub mode: Mode,
    pub listen: Vec<SocketAddr>,
    /// Where metrics and the details of readiness are served; nowhere when empty.
    pub operations_listen: Vec<SocketAddr>,
    pub public_url: Url,
    /// Names of hosts besides that of `public_url` under which the site answers, in lower case and without ports.
    pub allowed_hosts: Vec<String>,
    /// Whether browsers shall use https for the names below that of `public_url`, too.
    pub https_subdomains: bool,
    pub calendar_sources: CalendarSources,
    /// Where to report weaknesses, as the address of a page or a mailbox, for `security.txt`.
    pub security_contact: Option<Url>,
    /// Whom to ask about personal data, as the address of a page or a mailbox, for the privacy notice.
    pub privacy_contact: Option<Url>,
    /// After how many years appointments that are over are deleted; `None`: never.
    pub appointments_kept_years: Option<u16>,
    /// Derives what has no keys of its own, at least 32 characters.
    pub secret: SecretString,
    /// Where the lists of keys are.
    pub keys: KeyPlace,
    pub hold_seconds: u32,
    /// How long before the start a patient may be checked in.
    pub check_in_minutes: u32,
    pub horizon_days: u16,
    pub confirmation: Confirmation,
    pub staff_second_factor: StaffSecondFactor,
    /// How many visits ahead an account may have with one doctor.
    pub visits_per_doctor: i16,
    /// Whether requests are limited by account and by network.
    pub rate_limits: bool,
    /// How many proxies of the operator a request passes through.
    pub trusted_proxies: usize,
    pub smtp_url: Option<SecretString>,
    pub mail_from: String,
    /// How far the clock is ahead of the machine's. Zero in production.
    pub clock_shift: Duration,
    /// A zoneinfo folder to use instead of the system's.
    pub zoneinfo: Option<PathBuf>,
    /// A file to which heads of the audit log are written.
    pub audit_anchors: Option<PathBuf>,
    /// Pages exist in the pseudo-language, too.
    pub pseudo_language: bool,
}

/// Who reads the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Server,
    Command {
        /// It reads or writes what the server's key protects.
        needs_key: bool,
    },
}

/// Secrets that only the server needs.
const SERVER_ONLY: [&str; 4] = ["DATABASE_READ_URL", "DATABASE_HOLDS_URL", "REDIS_URL", "SMTP_URL"];

/// A variable that is missing or invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {found}; expected {expected}")]
pub struct ConfigError {
    pub variable: &'static str,
    found: String,
    expected: &'static str,
}

impl ConfigError {
    fn missing(variable: &'static str, expected: &'static str) -> Self {
        Self { variable, found: "is not set".into(), expected }
    }

    fn wrong(variable: &'static str, expected: &'static str) -> Self {
        // The value may be a secret, so it is not part of the message.
        Self { variable, found: "has a value that cannot be used".into(), expected }
    }
}

const DATABASE: &str = "a PostgreSQL address such as postgres://user:password@host:5432/nadi; \
                        in production with ?sslmode=verify-full unless it is on this machine";
const REDIS: &str = "a Redis address such as rediss://host:6379 or redis+unix:///path/to/socket; \
                     in production redis:// only to this machine";
const SECRET: &str = "at least 32 random characters, kept between restarts, \
                      such as the output of `openssl rand -hex 32`";
const PUBLIC_URL: &str = "the address people use, such as https://nadi.example; \
                          in production http:// only for this machine";

impl Config {
    /// Reads the variables through `get`, so that tests need not change the process's environment.
    ///
    /// # Errors
    /// The first variable that is missing or invalid.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::read_for(Reader::Server, get)
    }

    /// What a command needs that is not `serve`. The other secrets are not read, and need not be there: whoever may run
    /// it need not know them.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn for_command(
        needs_key: bool,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        Self::read_for(Reader::Command { needs_key }, get)
    }

    fn read_for(reader: Reader, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let is_server = reader == Reader::Server;
        let get = |name: &str| match is_server || !SERVER_ONLY.contains(&name) {
            true => get(name),
            false => None,
        };
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());

        let mode = mode(get("NADI_MODE"))?;
        let database = |variable| database_url(mode, variable, get(variable));
        Ok(Self {
            database_url: database("DATABASE_URL")?
                .ok_or(ConfigError::missing("DATABASE_URL", DATABASE))?,
            database_read_url: database("DATABASE_READ_URL")?,
            database_holds_url: database("DATABASE_HOLDS_URL")?,
            database_connections: number(
                "DATABASE_CONNECTIONS",
                get("DATABASE_CONNECTIONS"),
                20,
                2..=500,
                "a number from 2 to 500",
            )?,
            connections: number(
                "NADI_CONNECTIONS",
                get("NADI_CONNECTIONS"),
                12_000,
                16..=1_000_000,
                "a number from 16 to 1000000",
            )?,
            connections_per_peer: number(
                "NADI_CONNECTIONS_PER_PEER",
                get("NADI_CONNECTIONS_PER_PEER"),
                256,
                1..=1_000_000,
                "a number from 1 to 1000000",
            )?,
            redis_url: redis_url(mode, get("REDIS_URL"))?,
            mode,
            listen: listen(
                "NADI_LISTEN",
                get("NADI_LISTEN").as_deref().unwrap_or("localhost:3000"),
            )?,
            operations_listen: match get(OPERATIONS_LISTEN) {
                Some(text) => listen(OPERATIONS_LISTEN, &text)?,
                None => Vec::new(),
            },
            public_url: public_url(mode, get("PUBLIC_URL"))?,
            allowed_hosts: allowed_hosts(get("NADI_ALLOWED_HOSTS"))?,
            https_subdomains: match get("NADI_HTTPS_SUBDOMAINS").as_deref() {
                None | Some("included") => true,
                Some("excluded") => false,
                Some(_) => {
                    return Err(ConfigError::wrong(
                        "NADI_HTTPS_SUBDOMAINS",
                        "included or excluded",
                    ));
                }
            },
            calendar_sources: match get("NADI_CALENDAR_SOURCES").as_deref() {
                Some("https") => CalendarSources::Https,
                Some("any") => CalendarSources::Any,
                // Calendar servers of tests are on this machine.
                None if mode == Mode::Development => CalendarSources::Any,
                None => CalendarSources::Https,
                Some(_) => return Err(ConfigError::wrong("NADI_CALENDAR_SOURCES", "https or any")),
            },
            security_contact: contact("NADI_SECURITY_CONTACT", get("NADI_SECURITY_CONTACT"))?,
            privacy_contact: contact("NADI_PRIVACY_CONTACT", get("NADI_PRIVACY_CONTACT"))?,
            appointments_kept_years: kept_years(get(APPOINTMENTS_KEPT_YEARS))?,
            secret: match reader {
                Reader::Command { needs_key: false } => SecretString::from(String::new()),
                _ => secret(mode, get("NADI_SECRET"))?,
            },
            keys: match reader {
                Reader::Command { needs_key: false } => KeyPlace::Nowhere,
                _ => key_place(mode, get(KEYS), get(KEYS_FILE))?,
            },
            hold_seconds: number(
                "NADI_HOLD_SECONDS",
                get("NADI_HOLD_SECONDS"),
                300,
                30..=3600,
                "a number of seconds from 30 to 3600",
            )?,
            check_in_minutes: number(
                "NADI_CHECK_IN_MINUTES",
                get("NADI_CHECK_IN_MINUTES"),
                60,
                0..=1440,
                "a number of minutes from 0 to 1440",
            )?,
            horizon_days: number(
                "NADI_HORIZON_DAYS",
                get("NADI_HORIZON_DAYS"),
                90,
                1..=365,
                "a number of days from 1 to 365",
            )?,
            visits_per_doctor: number(
                "NADI_VISITS_PER_DOCTOR",
                get("NADI_VISITS_PER_DOCTOR"),
                VISITS_PER_DOCTOR,
                1..=1000,
                "a number from 1 to 1000",
            )?,
            rate_limits: match get("NADI_RATE_LIMITS").as_deref() {
                Some("on") => true,
                Some("off") => false,
                // Tests and demos come from one address.
                None => mode == Mode::Production,
                Some(_) => return Err(ConfigError::wrong("NADI_RATE_LIMITS", "on or off")),
            },
            trusted_proxies: number(
                "NADI_TRUSTED_PROXIES",
                get("NADI_TRUSTED_PROXIES"),
                0,
                0..=10,
                "the number of proxies in front, from 0 to 10",
            )?,
            confirmation: match get("NADI_CONFIRMATION").as_deref() {
                None | Some("otp") => Confirmation::Otp,
                Some("instant") => Confirmation::Instant,
                Some(_) => return Err(ConfigError::wrong("NADI_CONFIRMATION", "otp or instant")),
            },
            staff_second_factor: staff_second_factor(mode, get(STAFF_SECOND_FACTOR))?,
            smtp_url: if is_server { smtp_url(mode, get("SMTP_URL"))? } else { None },
            mail_from: mail_from(get("MAIL_FROM"))?,
            clock_shift: clock_shift(mode, get(CLOCK_SHIFT))?,
            zoneinfo: get("NADI_ZONEINFO").map(PathBuf::from),
            audit_anchors: get("NADI_AUDIT_ANCHORS").map(PathBuf::from),
            pseudo_language: match (get("NADI_PSEUDO_LOCALE").as_deref(), mode) {
                (None | Some("0"), _) => false,
                (Some("1"), Mode::Development) => true,
                _ => return Err(ConfigError::wrong("NADI_PSEUDO_LOCALE", PSEUDO_LOCALE)),
            },
        })
    }

    /// Only what `nadi migrate`, `nadi verify-audit-log` and `nadi notifications` need.
    ///
    /// # Errors
    /// When `DATABASE_URL` is missing or invalid.
    pub fn database_only(
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<SecretString, ConfigError> {
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let mode = mode(get("NADI_MODE"))?;
        database_url(mode, "DATABASE_URL", get("DATABASE_URL"))?
            .ok_or(ConfigError::missing("DATABASE_URL", DATABASE))
    }

    /// The clock alone, for commands that need nothing else.
    ///
    /// # Errors
    /// When `NADI_MODE` or `NADI_CLOCK_SHIFT_SECONDS` is invalid.
    pub fn clock(get: impl Fn(&str) -> Option<String>) -> Result<SystemClock, ConfigError> {
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let shift = clock_shift(mode(get("NADI_MODE"))?, get(CLOCK_SHIFT))?;
        Ok(SystemClock::shifted(shift))
    }

    pub fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }
}

const SMTP: &str = "a mail server such as smtps://user:password@mail.example:465 or \
                    smtp://user:password@mail.example:587?tls=required, \
                    or NADI_MODE=development to read messages at /dev/mailbox";
const KEYS: &str = "NADI_KEYS";
const KEYS_FILE: &str = "NADI_KEYS_FILE";
const KEYS_EXPECTED: &str = "a file with keys for personal data (`nadi keys new data` and `nadi keys new addresses` \
                             print its lines), or NADI_KEYS=none to store personal data as text";
const OPERATIONS_LISTEN: &str = "NADI_OPERATIONS_LISTEN";
const PSEUDO_LOCALE: &str = "0, or 1 with NADI_MODE=development";
const ALLOWED_HOSTS: &str = "names of hosts such as nadi.internal,10.0.0.5";
const APPOINTMENTS_KEPT_YEARS: &str = "NADI_APPOINTMENTS_KEPT_YEARS";
const CONTACT: &str =
    "a mailbox such as mailto:someone@nadi.example, or the https address of a page";
/// How many guesses a secret must withstand in production. `zxcvbn`, which counts to 1.8e19, estimates 32 random
/// hexadecimal digits above this, and a repeated word or pattern and a row of keys far below.
const SECRET_GUESSES_MIN: u64 = 10_000_000_000_000_000_000;
/// The estimate takes longer for a longer text, and what follows does not weaken a secret.
const SECRET_CHARS_JUDGED: usize = 64;

const CLOCK_SHIFT: &str = "NADI_CLOCK_SHIFT_SECONDS";

fn mode(value: Option<String>) -> Result<Mode, ConfigError> {
    match value.as_deref() {
        None | Some("production") => Ok(Mode::Production),
        Some("development") => Ok(Mode::Development),
        Some(_) => Err(ConfigError::wrong("NADI_MODE", "production or development")),
    }
}

const STAFF_SECOND_FACTOR: &str = "NADI_STAFF_SECOND_FACTOR";

/// Optional in development mode unless it is asked for, so that the demo's sign-ins work.
fn staff_second_factor(
    mode: Mode,
    value: Option<String>,
) -> Result<StaffSecondFactor, ConfigError> {
    match value.as_deref() {
        Some("required") => Ok(StaffSecondFactor::Required),
        Some("optional") => Ok(StaffSecondFactor::Optional),
        None if mode == Mode::Development => Ok(StaffSecondFactor::Optional),
        None => Ok(StaffSecondFactor::Required),
        Some(_) => Err(ConfigError::wrong(STAFF_SECOND_FACTOR, "required or optional")),
    }
}

/// Ten years either way at most.
fn clock_shift(mode: Mode, value: Option<String>) -> Result<Duration, ConfigError> {
    const LIMIT: i64 = 10 * 366 * 86_400;
    let expected = "a number of seconds, and only with NADI_MODE=development";
    let seconds = number(CLOCK_SHIFT, value, 0, -LIMIT..=LIMIT, expected)?;
    if seconds != 0 && mode == Mode::Production {
        return Err(ConfigError::wrong(CLOCK_SHIFT, expected));
    }
    Ok(Duration::seconds(seconds))
}

/// Is this the name or the address of the machine itself? An IPv6 address may be in brackets.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

fn secret(mode: Mode, value: Option<String>) -> Result<SecretString, ConfigError> {
    let secret = value.ok_or(ConfigError::missing("NADI_SECRET", SECRET))?;
    let judged: String = secret.chars().take(SECRET_CHARS_JUDGED).collect();
    let is_long = secret.chars().count() >= 32;
    // In development, and in tests, it may be a sentence.
    let is_random = || zxcvbn(&judged, &[]).guesses() >= SECRET_GUESSES_MIN;
    if is_long && (mode == Mode::Development || is_random()) {
        Ok(secret.into())
    } else {
        Err(ConfigError::wrong("NADI_SECRET", SECRET))
    }
}

/// In production, the operator decides whether personal data are encrypted. In development the keys are derived from
/// `NADI_SECRET`.
fn key_place(
    mode: Mode,
    list: Option<String>,
    file: Option<String>,
) -> Result<KeyPlace, ConfigError> {
    match (list, file) {
        (Some(_), Some(_)) => {
            Err(ConfigError::wrong(KEYS, "either this variable or NADI_KEYS_FILE"))
        }
        (Some(list), None) if list == "none" => Ok(KeyPlace::Nowhere),
        (Some(list), None) => Ok(KeyPlace::Variable(list.into())),
        (None, Some(file)) => Ok(KeyPlace::File(file.into())),
        (None, None) if mode == Mode::Development => Ok(KeyPlace::Secret),
        (None, None) => Err(ConfigError::missing(KEYS_FILE, KEYS_EXPECTED)),
    }
}

/// What goes to another machine is encrypted in production; in development mode the network is trusted.
fn database_url(
    mode: Mode,
    variable: &'static str,
    value: Option<String>,
) -> Result<Option<SecretString>, ConfigError> {
    let Some(url) = value else { return Ok(None) };
    let wrong = || ConfigError::wrong(variable, DATABASE);
    let is_known = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let options = PgConnectOptions::from_str(&url).map_err(|_| wrong())?;
    let host = options.get_host();
    let stays_here = options.get_socket().is_some() || host.starts_with('/') || is_loopback(host);
    // Less than that encrypts for whoever is in between.
    let has_tls = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if is_known && (mode == Mode::Development || stays_here || has_tls) {
        Ok(Some(url.into()))
    } else {
        Err(wrong())
    }
}

/// The same for Redis.
fn redis_url(mode: Mode, value: Option<String>) -> Result<Option<SecretString>, ConfigError> {
    let Some(url) = value else { return Ok(None) };
    let wrong = || ConfigError::wrong("REDIS_URL", REDIS);
    let info = url.as_str().into_connection_info().map_err(|_| wrong())?;
    let is_safe = match info.addr() {
        ConnectionAddr::Tcp(host, _) => is_loopback(host),
        ConnectionAddr::TcpTls { host, insecure, .. } => !insecure || is_loopback(host),
        ConnectionAddr::Unix(_) => true,
        _ => false,
    };
    if mode == Mode::Development || is_safe { Ok(Some(url.into())) } else { Err(wrong()) }
}

/// The same for the mail server, which production must have.
fn smtp_url(mode: Mode, value: Option<String>) -> Result<Option<SecretString>, ConfigError> {
    let Some(text) = value else {
        return match mode {
            Mode::Development => Ok(None),
            Mode::Production => Err(ConfigError::missing("SMTP_URL", SMTP)),
        };
    };
    let url = parse_url("SMTP_URL", &text, SMTP, &["smtp", "smtps"])?;
    let starts_tls = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    let has_tls = url.scheme() == "smtps" || starts_tls;
    if mode == Mode::Development || has_tls || url.host_str().is_some_and(is_loopback) {
        Ok(Some(text.into()))
    } else {
        Err(ConfigError::wrong("SMTP_URL", SMTP))
    }
}

/// The same for visitors.
fn public_url(mode: Mode, value: Option<String>) -> Result<Url, ConfigError> {
    let text = value.as_deref().unwrap_or("http://localhost:3000");
    let url = parse_url("PUBLIC_URL", text, PUBLIC_URL, &["http", "https"])?;
    let is_safe = url.scheme() == "https" || url.host_str().is_some_and(is_loopback);
    if mode == Mode::Development || is_safe {
        Ok(url)
    } else {
        Err(ConfigError::wrong("PUBLIC_URL", PUBLIC_URL))
    }
}

fn allowed_hosts(value: Option<String>) -> Result<Vec<String>, ConfigError> {
    let wrong = |_| ConfigError::wrong("NADI_ALLOWED_HOSTS", ALLOWED_HOSTS);
    let names = value.iter().flat_map(|list| list.split(',')).map(str::trim);
    names.map(|name| url::Host::parse(name).map(|host| host.to_string()).map_err(wrong)).collect()
}

fn kept_years(value: Option<String>) -> Result<Option<u16>, ConfigError> {
    if value.is_none() {
        return Ok(None);
    }
    let expected = "a number of years from 3 to 100, or nothing to keep appointments for good";
    number(APPOINTMENTS_KEPT_YEARS, value, 100, 3..=100, expected).map(Some)
}

fn contact(variable: &'static str, value: Option<String>) -> Result<Option<Url>, ConfigError> {
    let Some(text) = value else { return Ok(None) };
    let contact = Url::parse(&text).ok().filter(|url| match url.scheme() {
        "mailto" => url.path().contains('@'),
        scheme => scheme == "https",
    });
    contact.map(Some).ok_or(ConfigError::wrong(variable, CONTACT))
}

fn parse_url(
    variable: &'static str,
    text: &str,
    expected: &'static str,
    schemes: &[&str],
) -> Result<Url, ConfigError> {
    Url::parse(text)
        .ok()
        .filter(|url| schemes.contains(&url.scheme()) && url.has_host())
        .ok_or(ConfigError::wrong(variable, expected))
}

fn number<T: FromStr + PartialOrd>(
    variable: &'static str,
    value: Option<String>,
    default: T,
    range: std::ops::RangeInclusive<T>,
    expected: &'static str,
) -> Result<T, ConfigError> {
    match value {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or(ConfigError::wrong(variable, expected)),
    }
}

/// `localhost:3000` listens on 127.0.0.1 and ::1; any other host is an IP address.
fn listen(variable: &'static str, text: &str) -> Result<Vec<SocketAddr>, ConfigError> {
    let wrong = ConfigError::wrong(variable, "an address such as localhost:3000 or 0.0.0.0:8080");
    if let Some(port) = text.strip_prefix("localhost:") {
        let port: u16 = port.parse().map_err(|_| wrong)?;
        return Ok(vec![
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
        ]);
    }
    Ok(vec![text.parse().map_err(|_| wrong)?])
}

fn mail_from(value: Option<String>) -> Result<String, ConfigError> {
    let text = value.unwrap_or_else(|| "Nadi <no-reply@nadi.example>".into());
    match text.parse::<lettre::message::Mailbox>() {
        Ok(_) => Ok(text),
        Err(_) => {
            Err(ConfigError::wrong("MAIL_FROM", "a sender such as Nadi <no-reply@nadi.example>"))
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("DATABASE_URL", "postgres://nadi@localhost/nadi"),
            ("NADI_SECRET", "wK3v9pXq2Lr7TzBn5Ym8Hd4Gs6Fc1Ja0"),
            ("SMTP_URL", "smtps://u:p@mail.example:465"),
            ("NADI_KEYS_FILE", "/etc/nadi/keys"),
        ];
        Config::read(|name| {
            let own = pairs.iter().find(|(n, _)| *n == name);
            own.or_else(|| base.iter().find(|(n, _)| *n == name)).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn defaults_are_production_on_localhost() {
        let config = read(&[]).expect("complete");
        assert_eq!(config.mode, Mode::Production);
        assert_eq!(config.listen.len(), 2);
        assert_eq!(config.hold_seconds, 300);
    }

    #[test]
    fn production_refuses_what_is_safe_on_one_machine_only() {
        let refused = [
            ("NADI_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("NADI_SECRET", "abcabcabcabcabcabcabcabcabcabcabcabcabc"),
            ("NADI_SECRET", "0123456789abcdef0123456789abcdef"),
            ("NADI_SECRET", "changeme-changeme-changeme-changeme"),
            ("NADI_SECRET", "password password password password"),
            ("PUBLIC_URL", "http://nadi.example"),
            ("PUBLIC_URL", "http://10.0.0.5:3000"),
            ("NADI_PSEUDO_LOCALE", "1"),
            ("NADI_CLOCK_SHIFT_SECONDS", "60"),
            ("SMTP_URL", "smtp://mail.example:25"),
            ("SMTP_URL", "smtp://mail.example:587?tls=opportunistic"),
            ("DATABASE_URL", "postgres://nadi:pw@db/nadi"),
            ("DATABASE_URL", "postgres://nadi:pw@db/nadi?sslmode=prefer"),
            ("DATABASE_URL", "postgres://nadi:pw@localhost.evil.example/nadi?sslmode=disable"),
            ("DATABASE_READ_URL", "postgres://nadi:pw@10.0.0.7/nadi"),
            ("DATABASE_HOLDS_URL", "postgres://nadi:pw@db/nadi?sslmode=allow"),
            ("DATABASE_URL", "postgres://nadi:pw@db/nadi?sslmode=require"),
            ("REDIS_URL", "redis://:pw@cache:6379"),
            ("REDIS_URL", "rediss://cache:6379/#insecure"),
        ];
        for (name, value) in refused {
            let error = read(&[(name, value)]).expect_err(value);
            assert_eq!(error.variable, name);
            let text = error.to_string();
            let is_repeated = value.len() > 2 && text.contains(value);
            assert!(text.contains("; expected ") && !is_repeated, "{text}");
            assert!(read(&[("NADI_MODE", "development"), (name, value)]).is_ok(), "{value}");
        }
        for (name, value) in [
            ("NADI_SECRET", "3f1c9a7be2d84056913fd0a7c25e88b4"),
            ("PUBLIC_URL", "http://127.0.0.1:3000"),
            ("PUBLIC_URL", "http://[::1]:3000"),
            ("SMTP_URL", "smtp://localhost:25"),
            ("SMTP_URL", "smtp://u:p@mail.example:587?tls=required"),
            ("DATABASE_URL", "postgres://nadi:pw@db/nadi?sslmode=verify-full"),
            ("DATABASE_URL", "postgres://nadi@localhost/nadi?host=/run/postgresql"),
            ("DATABASE_READ_URL", "postgresql://nadi@[::1]/nadi"),
            ("REDIS_URL", "rediss://:pw@cache:6379"),
            ("REDIS_URL", "redis://localhost:6379"),
            ("REDIS_URL", "redis+unix:///run/redis/socket"),
        ] {
            assert!(read(&[(name, value)]).is_ok(), "{value}");
        }
        let migrating = Config::database_only(|name| {
            (name == "DATABASE_URL").then(|| "postgres://nadi:pw@db/nadi".to_owned())
        });
        assert_eq!(migrating.expect_err("no TLS").variable, "DATABASE_URL");
    }

    #[test]
    fn production_asks_for_keys_or_the_decision_to_have_none() {
        let keys = |pairs: &[(&str, &str)]| read(pairs).map(|config| config.keys);
        let Ok(KeyPlace::File(file)) = keys(&[]) else { panic!("a file") };
        assert_eq!(file.to_str(), Some("/etc/nadi/keys"));
        let error = keys(&[("NADI_KEYS_FILE", "")]).expect_err("neither");
        assert_eq!(error.variable, "NADI_KEYS_FILE");
        assert!(error.to_string().contains("NADI_KEYS=none"), "{error}");
        let none = [("NADI_KEYS_FILE", ""), ("NADI_KEYS", "none")];
        assert!(matches!(keys(&none), Ok(KeyPlace::Nowhere)));
        let both = keys(&[("NADI_KEYS", "data 1 00")]).expect_err("both");
        assert_eq!(both.variable, "NADI_KEYS");
        let development = [("NADI_KEYS_FILE", ""), ("NADI_MODE", "development")];
        assert!(matches!(keys(&development), Ok(KeyPlace::Secret)));
    }

    #[test]
    fn commands_read_only_the_secrets_that_they_need() {
        let command = |needs_key: bool, pairs: &[(&str, &str)]| {
            let asked = std::cell::RefCell::new(Vec::new());
            let config = Config::for_command(needs_key, |name| {
                asked.borrow_mut().push(name.to_owned());
                pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
            });
            (config, asked.into_inner())
        };
        let database = ("DATABASE_URL", "postgres://nadi@localhost/nadi");
        let secret = ("NADI_SECRET", "wK3v9pXq2Lr7TzBn5Ym8Hd4Gs6Fc1Ja0");
        let (config, asked) = command(false, &[database, secret]);
        let config = config.expect("complete without a key, mail and Redis");
        assert_eq!(config.secret.expose_secret(), "");
        assert!(!asked.contains(&"NADI_SECRET".to_owned()), "{asked:?}");
        assert!(SERVER_ONLY.iter().all(|name| !asked.contains(&(*name).to_owned())), "{asked:?}");
        assert!(!asked.contains(&"NADI_KEYS_FILE".to_owned()), "{asked:?}");
        let keys = ("NADI_KEYS", "none");
        let redis = ("REDIS_URL", "rediss://cache:6379");
        let (config, _) = command(true, &[database, secret, keys, redis]);
        assert!(config.expect("complete without mail").redis_url.is_none());
        let (config, _) = command(true, &[database, secret]);
        assert_eq!(config.expect_err("no keys").variable, "NADI_KEYS_FILE");
        let (config, _) = command(true, &[database]);
        assert_eq!(config.expect_err("no key").variable, "NADI_SECRET");
    }

    proptest::proptest! {
        /// The shortest secrets that are allowed, as the usual tools make them.
        #[test]
        fn a_random_secret_is_never_refused(bytes in proptest::array::uniform16(0_u8..)) {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            proptest::prop_assert!(read(&[("NADI_SECRET", &hex)]).is_ok());
        }
    }

    /// Each value that must stay secret is in the configuration, and none is written when it is formatted.
    #[test]
    fn no_secret_is_part_of_the_debug_format() {
        let config = read(&[
            ("NADI_SECRET", "Zq7secretLr7TzBn5Ym8Hd4Gs6Fc1Ja0"),
            ("DATABASE_URL", "postgres://nadi:main-secret@localhost/nadi"),
            ("DATABASE_READ_URL", "postgres://nadi:read-secret@localhost/nadi"),
            ("DATABASE_HOLDS_URL", "postgres://nadi:hold-secret@localhost/nadi"),
            ("REDIS_URL", "redis://:redis-secret@localhost"),
            ("SMTP_URL", "smtps://nadi:mail-secret@mail.example"),
        ])
        .expect("complete");
        let url = config.smtp_url.as_ref().expect("an address");
        assert_eq!(url.expose_secret(), "smtps://nadi:mail-secret@mail.example");
        for text in [format!("{config:?}"), format!("{config:#?}")] {
            assert!(!text.contains("secretL") && !text.contains("-secret"), "{text}");
            assert!(text.contains("public_url"), "{text}");
        }
    }

    #[test]
    fn hosts_and_listeners_and_the_contact_are_optional_and_checked() {
        let config = read(&[]).expect("complete");
        assert!(config.operations_listen.is_empty() && config.allowed_hosts.is_empty());
        assert_eq!(config.security_contact, None);
        assert_eq!((config.privacy_contact, config.appointments_kept_years), (None, None));
        let config = read(&[
            ("NADI_OPERATIONS_LISTEN", "127.0.0.1:9000"),
            ("NADI_ALLOWED_HOSTS", "Nadi.Internal, 10.0.0.5,[::1]"),
            ("NADI_SECURITY_CONTACT", "mailto:security@nadi.example"),
            ("NADI_PRIVACY_CONTACT", "https://nadi.example/contact"),
            ("NADI_APPOINTMENTS_KEPT_YEARS", "10"),
        ])
        .expect("complete");
        assert_eq!(config.operations_listen.len(), 1);
        assert_eq!(config.allowed_hosts, ["nadi.internal", "10.0.0.5", "[::1]"]);
        assert!(config.security_contact.is_some() && config.privacy_contact.is_some());
        assert_eq!(config.appointments_kept_years, Some(10));
    }

    #[test]
    fn production_reads_calendars_by_https_and_covers_subdomains_unless_configured_otherwise() {
        let rules = |pairs: &[(&str, &str)]| {
            let config = read(pairs).expect("complete");
            (config.calendar_sources, config.https_subdomains)
        };
        assert_eq!(rules(&[]), (CalendarSources::Https, true));
        assert_eq!(rules(&[("NADI_MODE", "development")]), (CalendarSources::Any, true));
        let other = [("NADI_CALENDAR_SOURCES", "any"), ("NADI_HTTPS_SUBDOMAINS", "excluded")];
        assert_eq!(rules(&other), (CalendarSources::Any, false));
    }

    #[test]
    fn development_mode_can_shift_the_clock() {
        let pairs = [("NADI_MODE", "development"), ("NADI_CLOCK_SHIFT_SECONDS", "-86400")];
        let config = read(&pairs).expect("complete");
        assert_eq!(config.clock_shift, Duration::days(-1));
    }

    #[test]
    fn staff_need_a_second_factor_unless_configured_otherwise() {
        let rule = |pairs: &[(&str, &str)]| read(pairs).expect("complete").staff_second_factor;
        assert_eq!(rule(&[]), StaffSecondFactor::Required);
        assert_eq!(rule(&[("NADI_MODE", "development")]), StaffSecondFactor::Optional);
        let optional = [("NADI_STAFF_SECOND_FACTOR", "optional")];
        assert_eq!(rule(&optional), StaffSecondFactor::Optional);
        let asked = [("NADI_MODE", "development"), ("NADI_STAFF_SECOND_FACTOR", "required")];
        assert_eq!(rule(&asked), StaffSecondFactor::Required);
    }

    #[test]
    fn a_wrong_value_is_named_and_never_repeated() {
        for (name, value) in [
            ("DATABASE_URL", "mysql://secret@x/y"),
            ("DATABASE_URL", ""),
            ("NADI_MODE", "debug"),
            ("NADI_SECRET", "short"),
            ("NADI_LISTEN", "localhost:99999"),
            ("PUBLIC_URL", "nadi.example"),
            ("NADI_HOLD_SECONDS", "0"),
            ("SMTP_URL", "mail.example"),
            ("SMTP_URL", ""),
            ("MAIL_FROM", "nobody"),
            ("REDIS_URL", "http://x"),
            ("NADI_CONFIRMATION", "never"),
            ("NADI_STAFF_SECOND_FACTOR", "no"),
            ("NADI_RATE_LIMITS", "maybe"),
            ("NADI_TRUSTED_PROXIES", "11"),
            ("NADI_CONNECTIONS_PER_PEER", "0"),
            ("DATABASE_CONNECTIONS", "many"),
            ("NADI_CLOCK_SHIFT_SECONDS", "60"),
            ("NADI_CLOCK_SHIFT_SECONDS", "tomorrow"),
            ("NADI_OPERATIONS_LISTEN", "metrics"),
            ("NADI_ALLOWED_HOSTS", "nadi.example,"),
            ("NADI_ALLOWED_HOSTS", "https://nadi.example"),
            ("NADI_SECURITY_CONTACT", "security@nadi.example"),
            ("NADI_PRIVACY_CONTACT", "privacy@nadi.example"),
            ("NADI_APPOINTMENTS_KEPT_YEARS", "1"),
            ("NADI_APPOINTMENTS_KEPT_YEARS", "ten"),
            ("NADI_SECURITY_CONTACT", "http://nadi.example"),
            ("NADI_PSEUDO_LOCALE", "yes"),
            ("NADI_HTTPS_SUBDOMAINS", "yes"),
            ("NADI_CALENDAR_SOURCES", "http"),
        ] {
            let error = read(&[(name, value)]).expect_err(name);
            assert_eq!(error.variable, name);
            let text = error.to_string();
            assert!(text.contains("expected"), "{text}");
            assert!(!text.contains("secret@"), "{text}");
        }
    }
}
