//! No log line, no metric and no address that a browser is led to has personal data or a secret.
//!
//! The binary runs with the most detailed log that somebody may turn on, and is used as people use it, with names that
//! nobody can mistake. The browser tests do the same with all that they type (`xtask/src/personal_data.rs`).

use crate::support::browser;
use crate::support::everyday_use::{EMAIL, NAME, Site, found};
use crate::support::http::call_api;

/// Addresses and headers that no page of ours has.
async fn send_nonsense(site: &Site) {
    let name = "Zuleika%20Quettawalla";
    for path in [
        format!("/{name}"),
        format!("/doctors/{name}?email={EMAIL}"),
        format!("/doctors?q={name}&city={name}"),
        format!("/api/v1/doctors?q={name}&cursor={name}"),
        format!("/appointments/{name}"),
        format!("/fn/{name}"),
        format!("/%00{name}"),
    ] {
        let request = browser().get(format!("{}{path}", site.base)).header("user-agent", NAME);
        let answer = request.header("cookie", format!("nadi_session={EMAIL}")).send().await;
        assert!(answer.expect("an answer").status().as_u16() < 500, "{path}");
    }
    let broken = format!("{{\"name\": \"{NAME}\", \"email\": {EMAIL}");
    let (status, _) = call_api(&site.base, "/auth/register", None, Some(&broken)).await;
    assert!((400..500).contains(&status), "{status}");
}

#[test]
fn what_is_looked_for_is_found() {
    let secrets = [("a name", NAME.to_owned()), ("a code", "12345678".to_owned())];
    for line in [
        "signed in: Zuleika Quettawalla",
        "/doctors?q=zuleika+quettawalla",
        "next=%2Fpeople%3Fname%3DZuleika%20Quettawalla",
        "code=12345678&next=",
    ] {
        assert_eq!(found(line, &secrets).len(), 1, "{line}");
    }
    for line in ["took 0.12345678 s", "id 0f12345678a", "Zuleika"] {
        assert_eq!(found(line, &secrets), Vec::<String>::new(), "{line}");
    }
}

#[tokio::test]
async fn no_log_line_metric_or_address_has_personal_data() {
    let (mut site, slots) = Site::start(&[]).await;
    site.use_all(&slots).await;
    send_nonsense(&site).await;
    let metrics = browser().get(format!("http://{}/metrics", site.operations)).send().await;
    let metrics = metrics.expect("metrics").text().await.expect("text");
    assert!(metrics.contains("nadi_"), "{metrics}");

    let (secrets, addresses) = (site.secrets.clone(), site.addresses.join("\n"));
    let (_, log) = site.stop().await;
    assert!(log.contains("\"answered\"") && log.contains("DEBUG"), "the log has what it should");
    for (what, text) in [("log", log), ("metrics", metrics), ("addresses", addresses)] {
        let found = found(&text, &secrets);
        assert!(found.is_empty(), "the {what}:\n{}", found.join("\n"));
    }
}
