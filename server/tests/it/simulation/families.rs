//! Families: several people of one account who book with one doctor, until the account may have no further visit.

use nadi::actor::Actor;
use nadi::appointment::VISITS_PER_DOCTOR;
use nadi::ids::{AccountId, DoctorId};
use nadi::input::{Code, Email};
use nadi::ports::{Change, Contact, HoldRequest};

use super::generator::{Generator, visitors_holds};
use super::model::Visit;
use super::oracle::{Action, Request, account};
use super::world::World;

/// The most requests for a family until it has booked what it may.
const FAMILY_REQUESTS: u32 = 30;

impl Generator {
    /// Sometimes members of a family book all visits but one that an account may have with one doctor. Then visitors
    /// confirm others with the family's address: one is granted, and the next one is refused.
    pub(super) fn of_family(&mut self, world: &World) -> Option<Request> {
        if self.family.is_none() && self.below(400) == 0 {
            self.family = Some((self.below(world.families.len()), FAMILY_REQUESTS));
        }
        let (n, left) = self.family?;
        self.family = left.checked_sub(1).map(|left| (n, left));
        let (doctor, now) = (world.doctors[n].1, world.now());
        let (family, members) = &world.families[n];
        let is_its = |visit: &Visit| {
            let is_ahead = visit.appointment.starts_at > now;
            visit.booked_by == family.account && visit.doctor == doctor && is_ahead
        };
        let ahead: Vec<(usize, &Visit)> =
            world.model.standing(now).filter(|(_, visit)| is_its(visit)).collect();
        if let Some((held, visit)) = ahead.iter().find(|(_, visit)| visit.is_hold(now)) {
            let (change, kind) = self.confirm(world, visit);
            return Some(self.change_by(world, *held, account(family), change, kind));
        }
        let most = usize::from(VISITS_PER_DOCTOR.unsigned_abs());
        if ahead.len() + 1 < most {
            let (slot, person) = (self.slot_of(world, doctor), Some(*self.choose(members)));
            let wish = HoldRequest { slot, visit_type: None, person };
            return Some(self.new_request(world, account(family), Action::Hold(wish), "hold"));
        }
        let asked = self.of_visitor(world, doctor, family.account);
        if ahead.len() == most && asked.kind == "a visitor confirms" {
            self.family = None;
        }
        Some(asked)
    }

    /// A visitor holds a time of this doctor, gives the address of this account, and confirms.
    fn of_visitor(&mut self, world: &World, doctor: DoctorId, to: AccountId) -> Request {
        let model = &world.model;
        let held = visitors_holds(world).into_iter().find(|n| model.visits[*n].doctor == doctor);
        let Some(held) = held else {
            let who = Actor::Visitor(Some(*self.choose(&world.visitors)));
            let slot = self.slot_of(world, doctor);
            let wish = HoldRequest { slot, visit_type: None, person: None };
            return self.new_request(world, who, Action::Hold(wish), "a visitor holds");
        };
        let visit = &model.visits[held];
        let visitor = world.visitors.iter().find(|visitor| visitor.account == visit.booked_by);
        let who = Actor::Visitor(visitor.copied());
        let address = model.address_of(to).expect("a proven address");
        let typed = model.contact(visit.booked_by, visit.person);
        let is_typed = typed.is_some_and(|typed| typed.email.as_str() == address);
        if is_typed && visit.appointment.code_counter > 1 {
            let right = model.codes.code(visit.appointment.id, visit.appointment.code_counter);
            let change = Change::Confirm { code: Code::parse(&right).ok() };
            return self.change_by(world, held, who, change, "a visitor confirms");
        }
        let email = Email::parse(&address).expect("an address");
        let contact = Some(Contact { name: "Asha Rao".to_owned(), email, patient: None });
        let change = Change::SendCode { contact };
        self.change_by(world, held, who, change, "a visitor gives an address")
    }
}
