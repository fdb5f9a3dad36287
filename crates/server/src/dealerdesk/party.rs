//! Users in their role, the claims of their tokens, and the chat rooms they meet in.

use bellwire_dialects::dealerdesk::wire::{Room, UserType};
use serde::{Deserialize, Serialize};

use crate::auth::Owned;

/// What a session token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) email: String,
    pub(crate) role: UserType,
}

impl Owned for Claims {
    fn account(&self) -> String {
        match self.role {
            UserType::Dealer => format!("dealers {}", self.email),
            UserType::Technician => format!("technicians {}", self.email),
        }
    }
}

/// A user in a role: one address may be a dealer's and a technician's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Party {
    pub(crate) role: UserType,
    /// In lower case.
    pub(crate) email: String,
}

impl Party {
    pub(crate) fn new(role: UserType, email: &str) -> Self {
        Self { role, email: email.trim().to_ascii_lowercase() }
    }

    /// The one of that role in a room.
    pub(crate) fn of(room: &Room, role: UserType) -> Self {
        let email = match role {
            UserType::Dealer => &room.dealer,
            UserType::Technician => &room.technician,
        };
        Self { role, email: email.clone() }
    }

    /// The other one in a room, if this one is in it.
    pub(crate) fn other(&self, room: &Room) -> Option<Self> {
        (Self::of(room, self.role) == *self).then(|| Self::of(room, self.role.other()))
    }
}

/// A room by its name, as it is kept: addresses in lower case. `None` for what is none.
pub(crate) fn room(name: &str) -> Option<Room> {
    let room = Room::parse(name)?;
    room_of(&room.dealer, &room.technician, room.post.as_deref())
}

/// The room of these two, and of a post if one is named. `None` if one of them can be no address.
pub(crate) fn room_of(dealer: &str, technician: &str, post: Option<&str>) -> Option<Room> {
    let address = |text: &str| {
        let text = text.trim();
        let fits =
            !text.is_empty() && text.len() <= 254 && !text.contains(|c: char| c == ':' || c.is_control());
        fits.then(|| text.to_ascii_lowercase())
    };
    let post = match post.map(str::trim).filter(|post| !post.is_empty()) {
        Some(post) if post.len() <= 64 && !post.contains(char::is_control) => Some(post.to_owned()),
        Some(_) => return None,
        None => None,
    };
    Some(Room { dealer: address(dealer)?, technician: address(technician)?, post })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_the_same_however_its_addresses_are_written() {
        let kept = room("Dan@X.example:Tea@y.example:POST_7").expect("a room");
        assert_eq!(kept.to_string(), "dan@x.example:tea@y.example:POST_7");
        assert_eq!(room_of(" Dan@X.example", "tea@y.example", Some("7")), Some(kept.clone()));
        let dan = Party::new(UserType::Dealer, "DAN@x.example");
        assert_eq!(dan.other(&kept), Some(Party::new(UserType::Technician, "tea@y.example")));
        assert_eq!(Party::new(UserType::Technician, "dan@x.example").other(&kept), None);
    }

    #[test]
    fn what_is_no_room_is_none() {
        assert_eq!(room("dan@x.example"), None);
        assert_eq!(room_of("a:b@x", "tea@y.example", None), None);
        assert_eq!(room_of("", "tea@y.example", None), None);
        assert_eq!(room_of("dan@x.example", "tea@y.example", Some(&"7".repeat(65))), None);
        assert_eq!(room_of(&"d".repeat(255), "tea@y.example", None), None);
    }
}
