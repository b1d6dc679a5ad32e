use super::*;

fn local(at: &str, name: &str) -> LocalTime {
    LocalTime::new(at.parse().expect("an instant"), name.parse().expect("a zone"))
}

#[test]
fn a_time_is_that_of_its_place() {
    let kolkata = local("2026-11-24T04:50:00Z", "Asia/Kolkata");
    assert_eq!(kolkata.digits(), "10:20");
    assert_eq!(kolkata.hour(), 10);
    assert_eq!(kolkata.date().to_string(), "2026-11-24");
    assert_eq!(kolkata.offset_name(), "IST, UTC+05:30");
    assert_eq!(kolkata.stamp(), "2026-11-24T10:20:00+05:30");
    let new_york = local("2026-11-24T04:50:00Z", "America/New_York");
    assert_eq!(new_york.offset_name(), "EST, UTC−05:00");
    assert_eq!(new_york.stamp(), "2026-11-23T23:50:00-05:00");
    assert_eq!(local("2026-11-24T04:50:00Z", "Asia/Dubai").short_zone(), "GMT+4");
}
