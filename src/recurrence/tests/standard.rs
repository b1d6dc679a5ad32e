//! The examples of RFC 5545, 3.8.5.3, with the dates listed there. All start on 2 September 1997 at 09:00 unless
//! noted.

use super::*;

const START: &str = "19970902T090000";

/// Fails unless the rule's first occurrences are on these days, each at 09:00. If `whole`, there must be no
/// others.
fn check(text: &str, start: &str, expected: &str, whole: bool) {
    let expected = days(expected);
    let nine = |day: NaiveDate| day.and_hms_opt(9, 0, 0).expect("a time");
    let expected: Vec<_> = expected.into_iter().map(nine).collect();
    let limit = expected.len() + usize::from(whole);
    assert_eq!(all(text, start, limit), expected, "{text}");
}

fn ends(text: &str, expected: &str) {
    check(text, START, expected, true);
}

fn begins(text: &str, expected: &str) {
    check(text, START, expected, false);
}

#[test]
fn daily_examples() {
    ends("FREQ=DAILY;COUNT=10", "1997 Sep 2 3 4 5 6 7 8 9 10 11");
    let until = all("FREQ=DAILY;UNTIL=19971224T000000Z", START, 999);
    assert_eq!(until.len(), 113, "2 September to 23 December");
    assert_eq!(until.last(), Some(&at("19971223T090000")));
    begins(
        "FREQ=DAILY;INTERVAL=2",
        "1997 Sep 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30, Oct 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30, Nov 1 3",
    );
    ends("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 Sep 2 12 22, Oct 2 12");
    for text in [
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
    ] {
        let januaries = all(text, "19980101T090000", 999);
        assert_eq!(januaries.len(), 93, "{text}");
        assert_eq!(januaries[30..32], ["19980131T090000", "19990101T090000"].map(at));
        assert_eq!(januaries[92], at("20000131T090000"));
    }
}

#[test]
fn weekly_examples() {
    ends("FREQ=WEEKLY;COUNT=10", "1997 Sep 2 9 16 23 30, Oct 7 14 21 28, Nov 4");
    ends(
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 Sep 2 9 16 23 30, Oct 7 14 21 28, Nov 4 11 18 25, Dec 2 9 16 23",
    );
    begins(
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 Sep 2 16 30, Oct 14 28, Nov 11 25, Dec 9 23, 1998 Jan 6 20, Feb 3 17",
    );
    for text in [
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
    ] {
        ends(text, "1997 Sep 2 4 9 11 16 18 23 25 30, Oct 2");
    }
    check(
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "19970901T090000",
        "1997 Sep 1 3 5 15 17 19 29, Oct 1 3 13 15 17 27 29 31, Nov 10 12 14 24 26 28, Dec 8 10 12 22",
        true,
    );
    ends(
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2 4 16 18 30, Oct 2 14 16",
    );
}

#[test]
fn monthly_examples() {
    check(
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "19970905T090000",
        "1997 Sep 5, Oct 3, Nov 7, Dec 5, 1998 Jan 2, Feb 6, Mar 6, Apr 3, May 1, Jun 5",
        true,
    );
    check(
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "19970905T090000",
        "1997 Sep 5, Oct 3, Nov 7, Dec 5",
        true,
    );
    check(
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "19970907T090000",
        "1997 Sep 7 28, Nov 2 30, 1998 Jan 4 25, Mar 1 29, May 3 31",
        true,
    );
    check(
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "19970922T090000",
        "1997 Sep 22, Oct 20, Nov 17, Dec 22, 1998 Jan 19, Feb 16",
        true,
    );
    check(
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "19970928T090000",
        "1997 Sep 28, Oct 29, Nov 28, Dec 29, 1998 Jan 29, Feb 26",
        false,
    );
    ends(
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997 Sep 2 15, Oct 2 15, Nov 2 15, Dec 2 15, 1998 Jan 2 15",
    );
    check(
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "19970930T090000",
        "1997 Sep 30, Oct 1 31, Nov 1 30, Dec 1 31, 1998 Jan 1 31, Feb 1",
        true,
    );
    check(
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "19970910T090000",
        "1997 Sep 10 11 12 13 14 15, 1999 Mar 10 11 12 13",
        true,
    );
    begins(
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 Sep 2 9 16 23 30, Nov 4 11 18 25, 1998 Jan 6 13 20 27, Mar 3 10 17 24 31",
    );
}

#[test]
fn yearly_examples() {
    check(
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "19970610T090000",
        "1997 Jun 10, Jul 10, 1998 Jun 10, Jul 10, 1999 Jun 10, Jul 10, 2000 Jun 10, Jul 10, 2001 Jun 10, Jul 10",
        true,
    );
    check(
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "19970310T090000",
        "1997 Mar 10, 1999 Jan 10, Feb 10, Mar 10, 2001 Jan 10, Feb 10, Mar 10, 2003 Jan 10, Feb 10, Mar 10",
        true,
    );
    check(
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "19970101T090000",
        "1997 Jan 1, Apr 10, Jul 19, 2000 Jan 1, Apr 9, Jul 18, 2003 Jan 1, Apr 10, Jul 19, 2006 Jan 1",
        true,
    );
    check(
        "FREQ=YEARLY;BYDAY=20MO",
        "19970519T090000",
        "1997 May 19, 1998 May 18, 1999 May 17",
        false,
    );
    check(
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "19970512T090000",
        "1997 May 12, 1998 May 11, 1999 May 17",
        false,
    );
    check(
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "19970313T090000",
        "1997 Mar 13 20 27, 1998 Mar 5 12 19 26, 1999 Mar 4 11 18 25",
        false,
    );
    check(
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "19970605T090000",
        "1997 Jun 5 12 19 26, Jul 3 10 17 24 31, Aug 7 14 21 28, \
         1998 Jun 4 11 18 25, Jul 2 9 16 23 30, Aug 6 13 20 27, \
         1999 Jun 3 10 17 24, Jul 1 8 15 22 29, Aug 5 12 19 26",
        false,
    );
    check(
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "19961105T090000",
        "1996 Nov 5, 2000 Nov 7, 2004 Nov 2",
        false,
    );
    // Negative days of the year, -1 and -366, which are not among the examples.
    check(
        "FREQ=YEARLY;BYYEARDAY=-1,-366",
        "19971231T090000",
        "1997 Dec 31, 1998 Dec 31, 1999 Dec 31, 2000 Jan 1, Dec 31, 2001 Dec 31",
        false,
    );
}

#[test]
fn examples_with_several_conditions() {
    let fridays = "1998 Feb 13, Mar 13, Nov 13, 1999 Aug 13, 2000 Oct 13";
    let excluded = "1997 Sep 2";
    // In the RFC, an EXDATE removes the start.
    begins("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", &format!("{excluded} {fridays}"));
    let start = at(START).date();
    let found = rule("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13").days(start, start, day("20001231"));
    assert_eq!(found, days(fridays));
    check(
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "19970913T090000",
        "1997 Sep 13, Oct 11, Nov 8, Dec 13, 1998 Jan 10, Feb 7, Mar 7, Apr 11, May 9, Jun 13",
        false,
    );
    check(
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "19970904T090000",
        "1997 Sep 4, Oct 7, Nov 6",
        true,
    );
    check(
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "19970929T090000",
        "1997 Sep 29, Oct 30, Nov 27, Dec 30, 1998 Jan 29, Feb 26, Mar 30",
        false,
    );
}

#[test]
fn hourly_and_minutely_examples() {
    let times = |text, expected: &[&str]| {
        let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
        assert_eq!(all(text, START, expected.len() + 1), expected, "{text}");
    };
    // The RFC writes 17:00Z, but its list shows that it means 17:00 in New York.
    times(
        "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000",
        &["19970902T090000", "19970902T120000", "19970902T150000"],
    );
    times(
        "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
        &[
            "19970902T090000",
            "19970902T091500",
            "19970902T093000",
            "19970902T094500",
            "19970902T100000",
            "19970902T101500",
        ],
    );
    times(
        "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
        &["19970902T090000", "19970902T103000", "19970902T120000", "19970902T133000"],
    );
    let by_day = all("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", START, 50);
    assert_eq!(by_day[..2], ["19970902T090000", "19970902T092000"].map(at));
    assert_eq!(by_day[23..25], ["19970902T164000", "19970903T090000"].map(at));
    let by_minute = all("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", START, 50);
    assert_eq!(by_minute, by_day);
}

#[test]
fn week_start_and_invalid_dates() {
    let tuesdays_and_sundays =
        |first| format!("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={first}");
    let start = "19970805T090000";
    check(&tuesdays_and_sundays("MO"), start, "1997 Aug 5 10 19 24", true);
    check(&tuesdays_and_sundays("SU"), start, "1997 Aug 5 17 19 31", true);
    check(
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        "20070115T090000",
        "2007 Jan 15 30, Feb 15, Mar 15 30",
        true,
    );
}
