//! Configuration from the environment. A missing or invalid value stops the start
//! with the name of the variable and the expected value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use chrono::Duration;
use nadi::appointment::VISITS_PER_DOCTOR;
use url::Url;

use crate::clock::SystemClock;

/// How the binary runs. The default is production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Production,
    /// Messages go to `/dev/mailbox`; pages show the demo sign-ins.
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

#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: String,
    /// A replica for reads; the main database when absent.
    pub database_read_url: Option<String>,
    /// For holds, if `database_url` leads through a transaction pooler.
    pub database_holds_url: Option<String>,
    pub database_connections: u32,
    /// The most HTTP connections that may be open at once.
    pub connections: usize,
    pub redis_url: Option<String>,
    pub mode: Mode,
    pub listen: Vec<SocketAddr>,
    pub public_url: Url,
    /// Key for one-time codes, at least 32 characters.
    pub secret: String,
    pub hold_seconds: u32,
    /// How long before the start a patient may be checked in.
    pub check_in_minutes: u32,
    pub horizon_days: u16,
    pub confirmation: Confirmation,
    pub staff_second_factor: StaffSecondFactor,
    /// How many visits ahead an account may have with one doctor.
    pub visits_per_doctor: i16,
    pub smtp_url: Option<Url>,
    pub mail_from: String,
    /// How far the clock is ahead of the machine's. Zero in production.
    pub clock_shift: Duration,
    /// A zoneinfo folder to use instead of the system's.
    pub zoneinfo: Option<PathBuf>,
    /// Pages exist in the pseudo-language, too.
    pub pseudo_language: bool,
}

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

const DATABASE: &str = "a PostgreSQL address such as postgres://user:password@host:5432/nadi";
const REDIS: &str = "a Redis address such as redis://host:6379 or redis+unix:///path/to/socket";
const SECRET: &str = "at least 32 random characters, kept between restarts";

impl Config {
    /// Reads the variables through `get`, so that tests need not change the process's environment.
    ///
    /// # Errors
    /// The first variable that is missing or invalid.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());

        let mode = mode(get("NADI_MODE"))?;
        let secret = match get("NADI_SECRET") {
            Some(secret) if secret.chars().count() >= 32 => secret,
            Some(_) => return Err(ConfigError::wrong("NADI_SECRET", SECRET)),
            None => return Err(ConfigError::missing("NADI_SECRET", SECRET)),
        };
        let smtp_url = get("SMTP_URL")
            .map(|text| parse_url("SMTP_URL", &text, SMTP, &["smtp", "smtps"]))
            .transpose()?;
        if mode == Mode::Production && smtp_url.is_none() {
            return Err(ConfigError::missing("SMTP_URL", SMTP));
        }
        let redis_url = get("REDIS_URL");
        if let Some(url) = &redis_url
            && redis::IntoConnectionInfo::into_connection_info(url.as_str()).is_err()
        {
            return Err(ConfigError::wrong("REDIS_URL", REDIS));
        }
        Ok(Self {
            database_url: database_url("DATABASE_URL", get("DATABASE_URL"))?
                .ok_or(ConfigError::missing("DATABASE_URL", DATABASE))?,
            database_read_url: database_url("DATABASE_READ_URL", get("DATABASE_READ_URL"))?,
            database_holds_url: database_url("DATABASE_HOLDS_URL", get("DATABASE_HOLDS_URL"))?,
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
            redis_url,
            mode,
            listen: listen(get("NADI_LISTEN").as_deref().unwrap_or("localhost:3000"))?,
            public_url: parse_url(
                "PUBLIC_URL",
                get("PUBLIC_URL").as_deref().unwrap_or("http://localhost:3000"),
                "the address people use, such as https://nadi.example",
                &["http", "https"],
            )?,
            secret,
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
            confirmation: match get("NADI_CONFIRMATION").as_deref() {
                None | Some("otp") => Confirmation::Otp,
                Some("instant") => Confirmation::Instant,
                Some(_) => return Err(ConfigError::wrong("NADI_CONFIRMATION", "otp or instant")),
            },
            staff_second_factor: staff_second_factor(mode, get(STAFF_SECOND_FACTOR))?,
            smtp_url,
            mail_from: mail_from(get("MAIL_FROM"))?,
            clock_shift: clock_shift(mode, get(CLOCK_SHIFT))?,
            zoneinfo: get("NADI_ZONEINFO").map(PathBuf::from),
            pseudo_language: match get("NADI_PSEUDO_LOCALE").as_deref() {
                None | Some("0") => false,
                Some("1") => true,
                Some(_) => return Err(ConfigError::wrong("NADI_PSEUDO_LOCALE", "0 or 1")),
            },
        })
    }

    /// Only what `nadi migrate`, `nadi seed` and `nadi admin` need.
    ///
    /// # Errors
    /// When `DATABASE_URL` is missing or invalid.
    pub fn database_only(get: impl Fn(&str) -> Option<String>) -> Result<String, ConfigError> {
        let value = get("DATABASE_URL").filter(|v| !v.trim().is_empty());
        database_url("DATABASE_URL", value)?.ok_or(ConfigError::missing("DATABASE_URL", DATABASE))
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

const SMTP: &str = "a mail server such as smtps://user:password@mail.example:465, \
                    or NADI_MODE=development to read messages at /dev/mailbox";

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

fn database_url(
    variable: &'static str,
    value: Option<String>,
) -> Result<Option<String>, ConfigError> {
    match value {
        None => Ok(None),
        Some(url) => {
            let known = url.starts_with("postgres://") || url.starts_with("postgresql://");
            if known && sqlx::postgres::PgConnectOptions::from_str(&url).is_ok() {
                Ok(Some(url))
            } else {
                Err(ConfigError::wrong(variable, DATABASE))
            }
        }
    }
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
fn listen(text: &str) -> Result<Vec<SocketAddr>, ConfigError> {
    let wrong =
        ConfigError::wrong("NADI_LISTEN", "an address such as localhost:3000 or 0.0.0.0:8080");
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
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("DATABASE_URL", "postgres://nadi@localhost/nadi"),
            ("NADI_SECRET", "0123456789abcdef0123456789abcdef"),
            ("SMTP_URL", "smtps://u:p@mail.example:465"),
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
            ("DATABASE_CONNECTIONS", "many"),
            ("NADI_CLOCK_SHIFT_SECONDS", "60"),
            ("NADI_CLOCK_SHIFT_SECONDS", "tomorrow"),
        ] {
            let error = read(&[(name, value)]).expect_err(name);
            assert_eq!(error.variable, name);
            let text = error.to_string();
            assert!(text.contains("expected"), "{text}");
            assert!(!text.contains("secret@"), "{text}");
        }
    }
}
