//! One person who looks around while others book.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::client::{Ask, Client};
use crate::report::{Report, Seen};

const PAGES: [&str; 5] =
    ["/", "/doctors?city=panjim", "/doctors/asha-naik", "/doctors?q=naik", "/sign-in"];
/// A quick reader.
const PAUSE: Duration = Duration::from_millis(200);

/// # Errors
/// When a page is not shown.
pub async fn read(address: SocketAddr, until: &Path) -> Result<Report> {
    let (mut client, mut seen, started) = (Client::new(address), Seen::default(), Instant::now());
    for page in PAGES.iter().cycle() {
        if until.exists() {
            break;
        }
        let answer = client.ask(&Ask::get(page)).await?;
        ensure!(answer.status.is_success(), "{page} was answered {}", answer.status);
        seen.answered(answer.status.as_u16(), answer.took);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(seen.report(0, started.elapsed()))
}
