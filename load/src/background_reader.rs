//! Reads public pages one after another while others book, to measure what a visitor notices of the load.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::client::{ApiRequest, Client};
use crate::report::{Measurements, Report};

const PAGES: [&str; 5] =
    ["/", "/doctors?city=panjim", "/doctors/asha-naik", "/doctors?q=naik", "/sign-in"];
/// Between two pages. Faster than a person reads, so that there are enough measurements.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads pages until the file `until` exists.
///
/// # Errors
/// When a page is not answered with success.
pub async fn read(address: SocketAddr, until: &Path) -> Result<Report> {
    let (mut client, mut measurements, started) =
        (Client::new(address), Measurements::default(), Instant::now());
    for page in PAGES.iter().cycle() {
        if until.exists() {
            break;
        }
        let response = client.send(&ApiRequest::get(page)).await?;
        ensure!(response.status.is_success(), "{page} was answered {}", response.status);
        measurements.record(response.status.as_u16(), response.elapsed);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(measurements.report(0, started.elapsed()))
}
