//! What doctors, receptionists and administrators see: calendars, and plain forms.

mod appointments;
mod audit;
mod calendar;
mod doctor_edit;
mod doctor_sign_in;
mod doctor_suspend;
mod doctors;
mod holds;
mod holidays;
mod invitations;
mod location_edit;
mod locations;
mod problems;
mod reviews;
pub mod schedule;
mod team;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::{SsrMode, path};

/// The pages of schedules: the doctor's own, and the administrators'.
#[component(transparent)]
fn ScheduleRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/calendar/hours") view=schedule::OwnHours ssr=SsrMode::Async/>
        <Route path=path!("/calendar/time-off") view=schedule::OwnTimeOff ssr=SsrMode::Async/>
        <Route path=path!("/calendar/connections") view=schedule::OwnConnections ssr=SsrMode::Async/>
        <Route path=path!("/calendar/changes/:draft") view=schedule::Preview ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/:id/hours") view=schedule::DoctorHours ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/:id/time-off") view=schedule::DoctorTimeOff ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/:id/connections") view=schedule::DoctorConnections ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}

/// The addresses of these pages.
#[component(transparent)]
pub fn StaffRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/calendar") view=calendar::Calendar ssr=SsrMode::Async/>
        <Route path=path!("/calendar/reviews") view=reviews::OwnReviews ssr=SsrMode::Async/>
        <ScheduleRoutes/>
        <Route path=path!("/admin") view=doctors::Administration ssr=SsrMode::Async/>
        <Route path=path!("/admin/appointments") view=appointments::ClinicAppointments ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/new") view=doctor_edit::NewDoctor ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/:id") view=doctor_edit::EditDoctor ssr=SsrMode::Async/>
        <Route path=path!("/admin/doctors/:id/suspend") view=doctor_suspend::SuspendDoctor ssr=SsrMode::Async/>
        <Route path=path!("/admin/holidays") view=holidays::Holidays ssr=SsrMode::Async/>
        <Route path=path!("/admin/holds") view=holds::HeldTimes ssr=SsrMode::Async/>
        <Route path=path!("/admin/locations") view=locations::Locations ssr=SsrMode::Async/>
        <Route path=path!("/admin/locations/new") view=location_edit::NewLocation ssr=SsrMode::Async/>
        <Route path=path!("/admin/locations/:id") view=location_edit::EditLocation ssr=SsrMode::Async/>
        <Route path=path!("/admin/reviews") view=reviews::AdminReviews ssr=SsrMode::Async/>
        <Route path=path!("/admin/team") view=team::Team ssr=SsrMode::Async/>
        <Route path=path!("/audit") view=audit::AuditLog ssr=SsrMode::Async/>
        <Route path=path!("/invitation") view=super::invitation::Invitation ssr=SsrMode::Async/>
        <Route path=path!("/invitations/:token") view=super::invitation::InvitationLink ssr=SsrMode::Async/>
        <Route path=path!("/dev/mailbox") view=super::mailbox::MailboxPage ssr=SsrMode::Async/>
        <Route path=path!("/dev/pieces") view=super::style_guide::StyleGuide ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}
