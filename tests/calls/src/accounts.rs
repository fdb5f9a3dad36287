//! Test accounts of the demo data: three for each backend, for the tests that every backend has to pass.

use bellwire_engine::MediaKind;

/// One account of the demo data.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    pub role: &'static str,
    pub email: &'static str,
}

/// The people of one backend, and what a call is like there.
#[derive(Clone, Copy, Debug)]
pub struct TestAccounts {
    /// Dialect id.
    pub dialect: &'static str,
    pub caller: Login,
    pub callee: Login,
    /// Another person who can call `callee`.
    pub third: Login,
    /// The caller hears ring-back until the callee declines or time is up; else they wait in a room.
    pub rings: bool,
    /// The backend tells the caller that the callee is not there.
    pub knows_absence: bool,
    /// The account renews its token by itself.
    pub renews: bool,
    /// Kinds of calls there are.
    pub kinds: &'static [MediaKind],
}

const BOTH: &[MediaKind] = &[MediaKind::Video, MediaKind::Voice];

pub const STOREFRONT: TestAccounts = TestAccounts {
    dialect: "storefront",
    caller: Login { role: "customer", email: "amira@demo.example" },
    callee: Login { role: "seller", email: "seller@demo.example" },
    third: Login { role: "customer", email: "jose@demo.example" },
    rings: true,
    knows_absence: true,
    renews: false,
    kinds: &[MediaKind::Video],
};

pub const DEALERDESK: TestAccounts = TestAccounts {
    dialect: "dealerdesk",
    caller: Login { role: "technician", email: "technician@demo.example" },
    callee: Login { role: "dealer", email: "dealer@demo.example" },
    third: Login { role: "technician", email: "technician2@demo.example" },
    rings: true,
    knows_absence: true,
    renews: false,
    kinds: BOTH,
};

pub const MARKETPLACE: TestAccounts = TestAccounts {
    dialect: "marketplace",
    caller: Login { role: "client", email: "client@demo.example" },
    callee: Login { role: "provider", email: "provider@demo.example" },
    third: Login { role: "client", email: "client2@demo.example" },
    rings: true,
    knows_absence: false,
    renews: true,
    kinds: BOTH,
};

pub const HEARTH: TestAccounts = TestAccounts {
    dialect: "hearth",
    caller: Login { role: "user", email: "ana@demo.example" },
    callee: Login { role: "user", email: "ben@demo.example" },
    third: Login { role: "user", email: "cleo@demo.example" },
    rings: true,
    knows_absence: false,
    renews: false,
    kinds: BOTH,
};

pub const CLINIC: TestAccounts = TestAccounts {
    dialect: "clinic",
    caller: Login { role: "patient", email: "patient@demo.example" },
    callee: Login { role: "practitioner", email: "doctor@demo.example" },
    third: Login { role: "patient", email: "patient2@demo.example" },
    rings: false,
    knows_absence: false,
    renews: false,
    kinds: &[MediaKind::Video],
};
