//! The table of permissions: what each role may do, and how far.

/// What an account may be. Every account is a patient's; some have more roles, several at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Patient,
    Doctor,
    /// Works at the front desk of one or more clinics.
    Receptionist,
    ClinicAdministrator,
    /// Administers every clinic.
    PlatformAdministrator,
    /// Reads the audit log of the whole platform, and nothing about patients.
    Auditor,
}

impl Role {
    /// In the order of the columns of [`Permission::reaches`].
    pub const ALL: [Self; 6] = [
        Self::Patient,
        Self::Doctor,
        Self::Receptionist,
        Self::ClinicAdministrator,
        Self::PlatformAdministrator,
        Self::Auditor,
    ];
}

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Never,
    /// What is the patient's own, or the doctor's own.
    Own,
    /// The clinics in which the account has the role.
    Clinic,
    Everywhere,
}

/// Something that only some may do. Commands for an appointment are told apart by
/// [`crate::appointment::Command::is_open_to`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The account itself: its people, sign-in, sessions, keys, bookings and calendar feed.
    UseOwnAccount,
    /// Reviewing a visit that the account has booked.
    ReviewVisits,
    /// Appointments, with the patient's name.
    SeeAppointments,
    ChangeAppointments,
    /// The doctor's own calendar, as a page and as a feed.
    SeeOwnCalendar,
    AnswerReviews,
    /// Opening hours, time off, extra hours, calendars from elsewhere.
    ManageSchedules,
    /// Doctors' profiles, and whether they are listed.
    ManageDoctors,
    ManageLocations,
    ManageHolidays,
    /// Who works at a clinic, and invitations.
    ManageTeam,
    /// Hiding reviews, and showing them again.
    ModerateReviews,
    /// Networks that hold times without confirming them, and releasing what they hold.
    ReleaseHolds,
    /// Appointments that a change of time-zone rules has moved.
    SeeZoneChanges,
    ReadAuditLog,
}

impl Permission {
    pub const ALL: [Self; 15] = [
        Self::UseOwnAccount,
        Self::ReviewVisits,
        Self::SeeAppointments,
        Self::ChangeAppointments,
        Self::SeeOwnCalendar,
        Self::AnswerReviews,
        Self::ManageSchedules,
        Self::ManageDoctors,
        Self::ManageLocations,
        Self::ManageHolidays,
        Self::ManageTeam,
        Self::ModerateReviews,
        Self::ReleaseHolds,
        Self::SeeZoneChanges,
        Self::ReadAuditLog,
    ];

    /// How far each role has the permission, in the order of [`Role::ALL`].
    #[rustfmt::skip]
    pub const fn reaches(self) -> [Reach; 6] {
        use Reach::{Clinic, Everywhere, Never, Own};
        match self {
            //                           patient  doctor  receptionist  clinic adm.  platform adm.  auditor
            Self::UseOwnAccount      => [Own,     Never,  Never,        Never,       Never,         Never     ],
            Self::ReviewVisits       => [Own,     Never,  Never,        Never,       Never,         Never     ],
            Self::SeeAppointments    => [Own,     Own,    Clinic,       Clinic,      Everywhere,    Never     ],
            Self::ChangeAppointments => [Own,     Own,    Clinic,       Clinic,      Everywhere,    Never     ],
            Self::SeeOwnCalendar     => [Never,   Own,    Never,        Never,       Never,         Never     ],
            Self::AnswerReviews      => [Never,   Own,    Never,        Never,       Never,         Never     ],
            Self::ManageSchedules    => [Never,   Own,    Never,        Clinic,      Everywhere,    Never     ],
            Self::ManageDoctors      => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ManageLocations    => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ManageHolidays     => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ManageTeam         => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ModerateReviews    => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ReleaseHolds       => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::SeeZoneChanges     => [Never,   Never,  Never,        Clinic,      Everywhere,    Never     ],
            Self::ReadAuditLog       => [Never,   Never,  Never,        Never,       Never,         Everywhere],
        }
    }
}
