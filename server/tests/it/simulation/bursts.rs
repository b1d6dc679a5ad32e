//! Bursts: several requests at the same moment that compete for the same thing.

use nadi::actor::Actor;
use nadi::appointment::State;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{PersonId, SlotId};
use nadi::ports::{Change, HoldRequest};

use super::generator::{Generator, has_rows, visitors_holds};
use super::model::Slot;
use super::oracle::{Action, Request, account};
use super::world::World;

impl Generator {
    /// Two to eight requests.
    pub(super) fn burst(&mut self, world: &World) -> Vec<Request> {
        let n = 2 + self.below(7);
        match self.below(7) {
            0 => self.rivals(world, n),
            1 => self.in_two_places(world, n),
            2 => {
                let asked = self.request(world);
                let key = has_rows(world, &asked.who).then(|| self.new_key());
                let mut same = Request { key, ..asked };
                let instances = world.instances.len();
                (0..n)
                    .map(|copy| {
                        same.instance = copy % instances;
                        same.clone()
                    })
                    .collect()
            }
            3 | 4 => match self.target(world) {
                Some(target) => (0..n).map(|_| self.change(world, target)).collect(),
                None => self.rivals(world, n),
            },
            5 => self.one_address(world, n),
            _ => (0..n).map(|_| self.request(world)).collect(),
        }
    }

    fn new_key(&mut self) -> IdempotencyKey {
        self.keys += 1;
        IdempotencyKey::parse(&format!("k{}", self.keys)).expect("a key")
    }

    /// Several requests for one slot, by holding and by moving.
    fn rivals(&mut self, world: &World, n: usize) -> Vec<Request> {
        let slot = self.slot(world);
        let doctor = world.model.slots.get(&slot).map(|slot| slot.doctor);
        let movable: Vec<usize> = world
            .model
            .standing(world.now())
            .filter(|(_, v)| v.appointment.state == State::Confirmed && Some(v.doctor) == doctor)
            .map(|(n, _)| n)
            .collect();
        (0..n)
            .map(|_| {
                if !movable.is_empty() && self.percent(30) {
                    let target = *self.choose(&movable);
                    let (who, to) = (account(&world.administrator), Change::Reschedule { slot });
                    return self.change_by(world, target, who, to, "reschedule");
                }
                let mut asked = self.hold(world);
                if let Action::Hold(wish) = &mut asked.ask {
                    wish.slot = slot;
                }
                self.past.retain(|past| past.key != asked.key);
                asked
            })
            .collect()
    }

    /// Visitors, often with the same address, confirm and change at once.
    fn one_address(&mut self, world: &World, n: usize) -> Vec<Request> {
        let held = visitors_holds(world);
        if held.is_empty() {
            return self.rivals(world, n);
        }
        let mut asked = Vec::new();
        for _ in 0..n {
            let target = *self.choose(&held);
            let visit = &world.model.visits[target];
            let visitor = world.visitors.iter().find(|v| v.account == visit.booked_by);
            if self.percent(70)
                && let Some(visitor) = visitor
            {
                let (change, kind) = self.confirm(world, visit);
                let who = Actor::Visitor(Some(*visitor));
                asked.push(self.change_by(world, target, who, change, kind));
            } else {
                asked.push(self.change(world, target));
            }
        }
        asked
    }

    /// Several holds of one person at different doctors at the same time.
    fn in_two_places(&mut self, world: &World, n: usize) -> Vec<Request> {
        let (who, people) = self.choose(&world.patients).clone();
        let person: PersonId = *self.choose(&people);
        let slot = self.slot(world);
        let at_the_same_time: Vec<SlotId> = match world.model.slots.get(&slot) {
            Some(first) => {
                let overlaps =
                    |slot: &Slot| slot.starts_at < first.ends_at && first.starts_at < slot.ends_at;
                let slots = world.model.slots.iter();
                slots.filter(|(_, slot)| overlaps(slot)).map(|(id, _)| *id).collect()
            }
            None => vec![slot],
        };
        (0..n)
            .map(|_| {
                let slot = *self.choose(&at_the_same_time);
                let wish = HoldRequest { slot, visit_type: None, person: Some(person) };
                self.new_request(world, account(&who), Action::Hold(wish), "hold")
            })
            .collect()
    }
}
