//! The public holidays that a clinic observes.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::FormFailure;

/// One line of the form: a region whose holidays the clinic observes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedRegion {
    pub code: String,
    /// Ticked: the region is removed.
    pub remove: String,
}

/// Sets the regions whose holidays a clinic keeps, and the days of them on which it works all the
/// same: `working[on-2026-12-25]`, since a name of digits would be a number of a list.
#[server(prefix = "/fn", endpoint = "save_holidays")]
pub async fn save_holidays(
    clinic: String,
    #[server(default)] regions: Vec<TypedRegion>,
    #[server(default)] region: String,
    #[server(default)] working: BTreeMap<String, String>,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/admin/holidays");
    let page = crate::links::Query::new().with("clinic", &clinic).on(&page);
    let id = super::parse_id(&clinic)?;
    let known = ports.administration.holidays(&caller, id).await;
    let Some(known) = super::or_sign_in(known, &page)? else { return Ok(()) };
    let regions = typed::regions(&regions, &region, &known.regions)?;
    let working = working.keys().filter_map(|name| typed::day(name)).collect();
    let saved = ports.administration.save_holidays(&caller, id, regions, working).await;
    if super::or_sign_in(saved, &page)?.is_some() {
        super::redirect(&crate::links::with(&page, "done", "saved"));
    }
    Ok(())
}

#[cfg(feature = "ssr")]
mod typed {
    use chrono::NaiveDate;
    use nadi::Failure;
    use nadi::calendar::parse_date;
    use nadi::failure::{Field, Problem};
    use nadi::ports::HolidayRegion;

    use super::TypedRegion;

    /// The day of a box: `on-2026-12-25`.
    pub fn day(name: &str) -> Option<NaiveDate> {
        parse_date(name.strip_prefix("on-")?)
    }

    /// The codes of the regions that stay, with the one that was added by its name or code.
    ///
    /// # Errors
    /// `Invalid` with the region that nobody knows.
    pub fn regions(
        kept: &[TypedRegion],
        added: &str,
        known: &[HolidayRegion],
    ) -> Result<Vec<String>, Failure> {
        let stays = kept.iter().filter(|region| region.remove.is_empty());
        let mut codes: Vec<_> = stays.map(|region| region.code.clone()).collect();
        let added = added.trim().to_lowercase();
        if !added.is_empty() {
            let means = |text: &str| text.to_lowercase() == added;
            let found = known.iter().find(|region| means(&region.name) || means(&region.code));
            let found = found.ok_or_else(|| Failure::field(Field::Region, Problem::Unknown))?;
            if !codes.contains(&found.code) {
                codes.push(found.code.clone());
            }
        }
        Ok(codes)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_region_is_added_by_any_of_its_names() {
            let region =
                |code: &str, name: &str| HolidayRegion { code: code.into(), name: name.into() };
            let known = [region("IN", "India"), region("IN-GA", "India, Goa")];
            let line =
                |code: &str, remove: &str| TypedRegion { code: code.into(), remove: remove.into() };
            let kept = [line("IN", ""), line("DE", "yes")];
            for added in ["India, Goa", " india, goa", "in-ga"] {
                assert_eq!(
                    regions(&kept, added, &known),
                    Ok(vec!["IN".to_owned(), "IN-GA".to_owned()])
                );
            }
            assert_eq!(regions(&kept, "India", &known), Ok(vec!["IN".to_owned()]), "once");
            assert!(regions(&kept, "Goa?", &known).is_err());
        }

        #[test]
        fn a_form_without_scripts_is_read_completely() {
            use std::task::{Context, Poll, Waker};

            use axum::body::Body;
            use axum::http::Request;
            use leptos::server_fn::codec::{FromReq, PostUrl};

            use crate::error::FormFailure;
            use crate::fns::holidays::SaveHolidays;

            let body = "clinic=7&regions%5B0%5D%5Bcode%5D=IN&regions%5B1%5D%5Bcode%5D=DE\
                &regions%5B1%5D%5Bremove%5D=yes&region=\
                &working%5Bon-2026-12-25%5D=yes&working%5Bon-2027-01-26%5D=yes";
            let request = Request::post("/fn/save_holidays")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(body))
                .expect("a request");
            let arriving = <SaveHolidays as FromReq<PostUrl, _, FormFailure>>::from_req(request);
            let mut arriving = std::pin::pin!(arriving);
            let polled = arriving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(Ok(form)) = polled else { panic!("not read") };
            assert_eq!(regions(&form.regions, &form.region, &[]), Ok(vec!["IN".to_owned()]));
            let days: Vec<_> = form.working.keys().filter_map(|name| day(name)).collect();
            assert_eq!(
                days,
                [parse_date("2026-12-25"), parse_date("2027-01-26")].map(Option::unwrap)
            );
        }
    }
}
