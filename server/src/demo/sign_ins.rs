//! The people who can sign in to the demo.

use nadi::ids::{AccountId, DoctorId, PersonId};

use crate::demo::data::{Role, SignIn};
use crate::demo::ids::fixed_uuid;

/// The password of every demo sign-in. Not a secret: the sign-in page shows it.
pub const PASSWORD: &str = "nadi-demo-2026";

/// The accounts of the demo that can sign in.
pub fn sign_ins() -> Vec<SignIn> {
    let sign_in = |number: u128, email, name, role| SignIn {
        account: AccountId(fixed_uuid(10 + number)),
        person: PersonId(fixed_uuid(20 + number)),
        email,
        name,
        role,
        password: PASSWORD,
    };
    vec![
        sign_in(1, "patient@nadi.example", "Ravi Kamat", Role::Patient),
        sign_in(2, "doctor@nadi.example", "Dr Asha Naik", Role::Doctor(demo_doctor())),
        sign_in(3, "admin@nadi.example", "Maya Fernandes", Role::Administrator),
        sign_in(4, "auditor@nadi.example", "Ines Barreto", Role::Auditor),
    ]
}

/// Dr Asha Naik, the same for every seed.
pub fn demo_doctor() -> DoctorId {
    DoctorId(fixed_uuid(1))
}
