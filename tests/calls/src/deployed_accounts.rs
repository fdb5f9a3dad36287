//! Accounts of the deployed backends (`tests/node-backends`), and what those backends cannot express.

/// One account of a server's data; every password is `secret`.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub role: &'static str,
    pub email: &'static str,
    /// By which the backend knows them.
    pub id: &'static str,
}

/// One deployed backend and its people.
#[derive(Clone, Copy, Debug)]
pub struct DeployedAccounts {
    /// Dialect id; the server is called after it.
    pub dialect: &'static str,
    /// Below which path the REST interface lies.
    pub rest: &'static str,
    pub ann: Account,
    pub ben: Account,
    /// Another person who can call Ben.
    pub third: Account,
    /// The caller is notified of a decline; other backends have no message for it.
    pub tells_decline: bool,
    /// The callee is notified that a ring was cancelled.
    pub tells_cancel: bool,
    /// The backend tells the caller that the callee is not there.
    pub knows_absence: bool,
    /// Mute is passed on.
    pub tells_media: bool,
    pub voice: bool,
    /// Calls ring; elsewhere people wait in a room and the other side looks for them.
    pub rings: bool,
}

const fn account(role: &'static str, email: &'static str, id: &'static str) -> Account {
    Account { role, email, id }
}

pub const STOREFRONT: DeployedAccounts = DeployedAccounts {
    dialect: "storefront",
    rest: "/api/v2",
    ann: account("customer", "ann@example.com", "c1"),
    ben: account("seller", "shop@example.com", "s1"),
    third: account("customer", "bob@example.com", "c2"),
    tells_decline: true,
    tells_cancel: true,
    knows_absence: true,
    tells_media: true,
    voice: false,
    rings: true,
};

pub const DEALERDESK: DeployedAccounts = DeployedAccounts {
    dialect: "dealerdesk",
    rest: "",
    ann: account("dealer", "dan@garage.example", "dan@garage.example"),
    ben: account("technician", "tea@fix.example", "tea@fix.example"),
    third: account("dealer", "dora@cars.example", "dora@cars.example"),
    tells_decline: true,
    tells_cancel: true,
    knows_absence: true,
    tells_media: false,
    voice: true,
    rings: true,
};

pub const MARKETPLACE: DeployedAccounts = DeployedAccounts {
    dialect: "marketplace",
    rest: "/api",
    ann: account("provider", "ada@example.com", "64ada"),
    ben: account("client", "ben@example.com", "64ben"),
    third: account("client", "cy@example.com", "64cy"),
    tells_decline: true,
    tells_cancel: true,
    knows_absence: false,
    tells_media: false,
    voice: true,
    rings: true,
};

pub const HEARTH: DeployedAccounts = DeployedAccounts {
    dialect: "hearth",
    rest: "/api",
    ann: account("user", "ana@example.com", "u1"),
    ben: account("user", "ben@example.com", "u2"),
    third: account("user", "cleo@example.com", "u3"),
    tells_decline: false,
    tells_cancel: false,
    knows_absence: false,
    tells_media: true,
    voice: true,
    rings: true,
};

pub const CLINIC: DeployedAccounts = DeployedAccounts {
    dialect: "clinic",
    rest: "",
    ann: account("patient", "ann@example.com", "u-ann"),
    ben: account("practitioner", "jane@example.com", "u-jane"),
    third: account("patient", "bob@example.com", "u-bob"),
    tells_decline: false,
    tells_cancel: true,
    knows_absence: false,
    tells_media: true,
    voice: false,
    rings: false,
};
